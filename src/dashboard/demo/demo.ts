/** The demo: a fake pool that has lived through a few minutes already, and goes on live. */
import { unawaited } from "../../contracts/unawaited.js"
import { VirtualClock } from "../../time/virtual-clock.js"
import { DashboardStore } from "../state/store.js"
import { FakeSource } from "./fake-source.js"

const MINUTE = 60_000

export interface Demo {
  readonly source: FakeSource
  readonly clock: VirtualClock
  readonly store: DashboardStore
}

/** A pool of three that lost its first leader a minute ago. */
export async function rehearsed(nowWallMs: number): Promise<Demo> {
  const clock = new VirtualClock(nowWallMs - 5 * MINUTE)
  const source = new FakeSource(clock, {
    load: 20,
    members: [
      { name: "d", agoMs: 13 * MINUTE },
      { name: "a", agoMs: 4.6 * MINUTE },
      { name: "b", agoMs: 4.6 * MINUTE - 900 },
    ],
  })
  const store = new DashboardStore(source, clock)
  await clock.advance(2 * MINUTE)
  source.fake.join({ name: "c", host: "boreas" })
  await clock.advance(3 * MINUTE - 22_000)
  const id = source.fake.claim?.claim.id ?? ""
  unawaited(source.order(id, "kill"))
  await clock.advance(22_000)
  return { source, clock, store }
}
