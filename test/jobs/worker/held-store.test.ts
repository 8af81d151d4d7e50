import t, { type Test } from "tap"
import { Troubles } from "../../../src/contracts/troubles.js"
import type { JobStore } from "../../../src/jobs/contract/job-store.js"
import { HeldStore } from "../../../src/jobs/worker/held-store.js"
import { TakenJob } from "../../../src/jobs/worker/taken-job.js"
import { ManualClock } from "../../fixtures/manual-clock.js"

const LEASE_MS = 6_000

/** A job that was just taken, and a store that confirms what it is told to. */
function stage(t: Test, confirm: () => Promise<void>) {
  const clock = new ManualClock()
  const asked: number[] = []
  const store = {
    confirm: () => {
      asked.push(clock.now().monoMs)
      return confirm()
    },
  } as unknown as JobStore
  const troubles = new Troubles(clock, (problem) => t.fail(problem))
  const held = new HeldStore({ store, clock, random: () => 0, troubles })
  const record = { queue: "send", id: "1" }
  const delivery = { ticket: "t", after: clock.now() }
  const job = new TakenJob({
    ...{ record, delivery, clock, leaseMs: LEASE_MS, member: { id: "A", name: "a" } },
    tell: () => {},
  } as unknown as ConstructorParameters<typeof TakenJob>[0])
  return { clock, asked, confirmed: held.confirm(job) }
}

t.test("what is done is said until the server has noted it", async (t) => {
  let left = 2
  const { clock, asked, confirmed } = stage(t, async () => {
    left -= 1
    // One is lost, and one meets nobody.
    if (left === 1) return new Promise(() => {})
    if (left === 0) throw new Error("nobody leads")
  })
  await clock.pass(LEASE_MS)
  t.equal(await confirmed, true)
  t.equal(asked.length, 3)
  t.ok((asked[2] as number) < LEASE_MS)
  t.equal(clock.alarms, 0)
})

t.test("once the lease is over it is not said again, for the job may be another's", async (t) => {
  const lost = stage(t, () => new Promise(() => {}))
  await lost.clock.pass(2 * LEASE_MS)
  t.equal(await lost.confirmed, true, "it was sent")
  t.ok(lost.asked.every((ms) => ms < 0.9 * LEASE_MS))
  const refused = stage(t, () => Promise.reject(new Error("there is no connection")))
  await refused.clock.pass(2 * LEASE_MS)
  t.equal(await refused.confirmed, false, "it never was")
  t.ok(refused.asked.every((ms) => ms < 0.9 * LEASE_MS))
})
