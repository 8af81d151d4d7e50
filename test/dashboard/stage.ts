/** What the tests of the dashboard share: a made-up pool on a clock that only moves when it is told to. */

import { type Glyphs, UNICODE } from "../../src/dashboard/drawing/glyphs.js"
import { textOf } from "../../src/dashboard/drawing/line.js"
import { picture } from "../../src/dashboard/screen/picture.js"
import { DashboardStore } from "../../src/dashboard/state/store.js"
import type { PoolSource } from "../../src/dashboard/world/source.js"
import { VirtualClock } from "../../src/time/virtual-clock.js"
import { type FakeOptions, FakeSource } from "./played/fake-source.js"
import { halfAMinuteAgo } from "./played/half-a-minute-ago.js"

process.env.TZ = "UTC"

/** The time of day in the pictures. */
export const NOON = Date.UTC(2026, 0, 5, 12, 38, 14)

export interface Stage {
  readonly clock: VirtualClock
  readonly source: FakeSource
  readonly store: DashboardStore
  /** The screen as it would be drawn now, without colours. */
  screen(columns: number, rows: number, glyphs?: Glyphs): string
  /** The message line. */
  message(): string
  /** Presses keys one after the other, each in a chunk of its own. */
  press(...keys: string[]): void
  /** Lets time pass. */
  pass(ms: number): Promise<void>
}

type JobsPart = "showJobs" | "orderJobs"

/** Three workers, `a` leads. */
export const THREE: FakeOptions = {
  members: [
    { name: "a", agoMs: 600_000 },
    { name: "b", agoMs: 599_000 },
    { name: "c", agoMs: 432_000, host: "boreas" },
  ],
}

export function stage(options: FakeOptions = THREE, jobs: Pick<PoolSource, JobsPart> = {}): Stage {
  const clock = new VirtualClock(NOON)
  const source = Object.assign(new FakeSource(clock, options), jobs)
  return on({ clock, source, store: new DashboardStore(source, clock) })
}

/** A pool that has lived through five minutes. */
export async function demoStage(): Promise<Stage> {
  return on(await halfAMinuteAgo(NOON))
}

function on({ clock, source, store }: Pick<Stage, "clock" | "source" | "store">): Stage {
  return {
    clock,
    source,
    store,
    screen: (columns, rows, glyphs = UNICODE) =>
      `${picture(store.snapshot(), { columns, rows }, glyphs).map(textOf).join("\n")}\n`,
    message: () => store.snapshot().message.text,
    press: (...keys) => {
      for (const key of keys) store.press([key])
    },
    pass: (ms) => clock.advance(ms),
  }
}
