/** A made-up pool that has lived through a few minutes: half a minute ago it lost its first leader. */
import { unawaited } from "../../../src/contracts/unawaited.js"
import { DashboardStore } from "../../../src/dashboard/state/store.js"
import { VirtualClock } from "../../../src/time/virtual-clock.js"
import { FakeSource } from "./fake-source.js"

const MINUTE = 60_000

/** It is `nowWallMs` there. */
export async function halfAMinuteAgo(nowWallMs: number) {
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
