/**
 * What is promised of ticks, looked at with each cursor and each job that is stored: none is fired twice, none before its
 * time, and one that is passed over is one that the policy of who passed it over lets go.
 */
import { cursorIn } from "../../../src/cron/cursor.js"
import type { Policy, Ticks } from "../../../src/cron/decision.js"
import { SKIP_GRACE_MS } from "../../../src/cron/decision.js"
import { TICK_HEADER } from "../../../src/cron/running-cron.js"
import type { ToStore } from "../../../src/jobs/contract/job-store.js"
import { lastPartOf } from "../../../src/protocol/subject.js"
import type { Judge } from "./judge.js"

/** By how much what is taken for the server's clock may be off it, in ms. */
const SKEW_MS = 51

export interface JudgedCron {
  readonly policy: Policy
  readonly ticks: Ticks
}

interface Decided {
  atMs: number
  readonly fired: Set<number>
}

export class CronJudge {
  readonly #judge: Judge
  readonly #wallMs: () => number
  readonly #crons: ReadonlyMap<string, JudgedCron>
  /** Since when each reign has watched, by its term. */
  readonly #watched = new Map<number, number>()
  readonly #decided = new Map<string, Decided>()

  constructor(judge: Judge, wallMs: () => number, crons: ReadonlyMap<string, JudgedCron>) {
    this.#judge = judge
    this.#wallMs = wallMs
    this.#crons = crons
  }

  reigns(term: number, watchedMs: number): void {
    this.#watched.set(term, watchedMs)
  }

  /** How many ticks were fired. */
  get fired(): number {
    return [...this.#decided.values()].reduce((sum, { fired }) => sum + fired.size, 0)
  }

  stored(message: ToStore, seq: number): void {
    const { subject, headers, data } = message
    const [, place = ""] = subject.split(".")
    if (place === "job") return this.#enqueued(headers.get("Pool-Cron"), headers.get(TICK_HEADER))
    if (place !== "tick") return
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data
    const cursor = cursorIn({ subject, headers, data: bytes, seq, storedMs: 0 })
    if (!cursor) return this.#judge.fail(`${subject} is no cursor`)
    const { atMs, term, job } = cursor
    const name = lastPartOf(subject)
    const cron = this.#crons.get(name) as JudgedCron
    const decided = this.#decided.get(name)
    if (!decided || job === undefined) {
      if (decided) this.#judge.fail(`cron ${name} begins anew`)
      this.#decided.set(name, { atMs, fired: new Set() })
      return
    }
    if (atMs <= decided.atMs) this.#judge.fail(`cron ${name} goes back`)
    const watchedMs = this.#watched.get(term) ?? 0
    const passed = ticksBetween(cron.ticks, decided.atMs, atMs)
    for (const tick of passed) {
      if (!mayPass(cron, tick, watchedMs)) this.#judge.fail(`tick ${tick} of ${name} is lost`)
    }
    if (!decided.fired.has(atMs)) this.#judge.fail(`tick ${atMs} of ${name} has no job`)
    decided.atMs = atMs
  }

  /** Somebody has led for long, and now: all is decided up to here. */
  atTheEnd(): void {
    const nowMs = this.#wallMs()
    for (const [name, { ticks }] of this.#crons) {
      const decided = this.#decided.get(name)
      if (!decided) this.#judge.fail(`cron ${name} was never watched`)
      const next = ticks.after(decided?.atMs ?? 0) ?? Number.POSITIVE_INFINITY
      if (next < nowMs - 1_000) this.#judge.fail(`tick ${next} of ${name} is not fired`)
    }
  }

  #enqueued(name: string | undefined, tick: string | undefined): void {
    if (!name || !tick) return
    const tickMs = Date.parse(tick)
    if (tickMs > this.#wallMs() + SKEW_MS) this.#judge.fail(`tick ${tickMs} of ${name} comes early`)
    const decided = this.#decided.get(name)
    if (decided?.fired.has(tickMs)) this.#judge.fail(`tick ${tickMs} of ${name} comes twice`)
    decided?.fired.add(tickMs)
  }
}

function ticksBetween({ after }: Ticks, fromMs: number, untilMs: number): number[] {
  const found: number[] = []
  for (let tick = after(fromMs); tick !== undefined && tick < untilMs; tick = after(tick)) {
    found.push(tick)
  }
  return found
}

/** Whether one who has watched since `watchedMs` may pass over `tick`, which nobody had fired by then. */
function mayPass({ policy, ticks }: JudgedCron, tick: number, watchedMs: number): boolean {
  if (tick > watchedMs) return false
  const { missed, graceMs } = policy
  const mostMs = graceMs ?? (missed === "skip" ? SKIP_GRACE_MS : Number.POSITIVE_INFINITY)
  if (tick <= watchedMs - mostMs) return true
  if (missed !== "once") return false
  const next = ticks.after(tick)
  return next !== undefined && next <= watchedMs
}
