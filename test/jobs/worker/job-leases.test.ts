import t, { type Test } from "tap"
import type { JobStore } from "../../../src/jobs/contract/job-store.js"
import { JobLeases } from "../../../src/jobs/worker/job-leases.js"
import { TakenJob } from "../../../src/jobs/worker/taken-job.js"
import { ManualClock } from "../../fixtures/manual-clock.js"

const LEASE_MS = 6_000

/** A job that was just taken, and a server that answers renewals as it is told to. */
function stage(t: Test, renew: () => Promise<void>, timeoutMs?: number) {
  const clock = new ManualClock()
  const told: string[] = []
  const sentMs: number[] = []
  const store = {
    renew: () => {
      sentMs.push(clock.now().monoMs)
      return renew()
    },
  } as unknown as JobStore
  const record = { queue: "send", id: "1" }
  const delivery = { ticket: "t", after: clock.now() }
  const options = { record, delivery, clock, leaseMs: LEASE_MS, member: { id: "A", name: "a" } }
  const job = new TakenJob({ ...options, tell: () => {} } as unknown as ConstructorParameters<
    typeof TakenJob
  >[0])
  const running = new Set([job])
  const ended = (what: string) => () => {
    told.push(what)
    job.isOver = true
    running.delete(job)
  }
  const leases = new JobLeases({
    ...{ running, store, clock, leaseMs: LEASE_MS, timeoutMs, renewed: () => {} },
    ...{ isOver: ended("over"), isLate: ended("late"), broke: (thrown) => t.fail(String(thrown)) },
  })
  leases.watch()
  return { clock, job, told, sentMs, leases }
}

t.test("a renewal that is lost is sent again, and the job goes on", async (t) => {
  let lost = 2
  const { clock, job, told, sentMs, leases } = stage(t, () => {
    lost -= 1
    return lost < 0 ? Promise.resolve() : new Promise(() => {})
  })
  job.begin()
  await clock.pass(5_900)
  t.ok(job.isHeld())
  t.strictSame(told, [])
  t.ok((sentMs[2] as number) < 0.9 * LEASE_MS)
  leases.stop()
})

t.test("an answer that comes after that of a later renewal changes nothing", async (t) => {
  const { job, leases } = stage(t, async () => {})
  job.renewed({ monoMs: 2_000, wallMs: 1_700_000_002_000 })
  job.renewed({ monoMs: 1_000, wallMs: 1_700_000_001_000 })
  t.equal(job.renewedMs, 2_000)
  t.equal(job.leftMs(), 2_000 + 0.9 * LEASE_MS)
  leases.stop()
})

t.test("what does not run yet keeps the lease that it came with, and can't be late", async (t) => {
  const { clock, job, told, sentMs } = stage(t, async () => {}, 1_000)
  await clock.pass(2 * LEASE_MS)
  t.strictSame(told, ["over"])
  t.strictSame(sentMs, [])
  t.equal(job.isHeld(), false)
  t.equal(clock.alarms, 0)
})

t.test("how long it may take counts from when its handler is called", async (t) => {
  const { clock, job, told } = stage(t, async () => {}, 1_000)
  await clock.pass(900)
  job.begin()
  await clock.pass(900)
  t.strictSame(told, [])
  await clock.pass(300)
  t.strictSame(told, ["late"])
  t.equal(clock.alarms, 0)
})
