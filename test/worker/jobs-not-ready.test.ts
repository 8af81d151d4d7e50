import t, { type Test } from "tap"
import { Troubles } from "../../src/contracts/troubles.js"
import { timingsOf } from "../../src/lease/timings.js"
import { namesOf } from "../../src/protocol/names.js"
import { WorkerJobs } from "../../src/worker/worker-jobs.js"
import { testLocal } from "../fixtures/local.js"

/** Jobs on a store that refuses to be opened so many times, with these words. */
async function stage(t: Test, refusals: number, error: Error) {
  const { local } = testLocal(t)
  const jobs = await WorkerJobs.of({ jobs: { send: () => "" }, graceMs: 10 })
  const backend = local.backend("a", namesOf("work"), timingsOf({}))
  let tries = 0
  const openJobs = async () => {
    tries += 1
    if (tries <= refusals) throw error
    return backend.openJobs()
  }
  const problems: string[] = []
  const troubles = new Troubles(backend.clock, (problem) => problems.push(problem))
  let hasLeft = false
  const leave = async () => {
    hasLeft = true
  }
  const open = () => jobs.open({ ...backend, openJobs }, troubles, { id: "A", name: "a", leave })
  t.teardown(() => jobs.stop())
  return { open, problems, tries: () => tries, hasLeft: () => hasLeft }
}

t.test("a worker waits for servers that have no leader for its jobs yet", async (t) => {
  const timeout = Object.assign(new Error("timeout"), { name: "TimeoutError" })
  const { open, problems, tries, hasLeft } = await stage(t, 2, timeout)
  await open()
  t.strictSame([tries(), hasLeft()], [3, false])
  t.strictSame(problems, ["jobs can't be had yet: waiting up to 30s, for: timeout"])
})

t.test("what waiting can't mend is said at once, and the worker leaves", async (t) => {
  const { open, problems, tries, hasLeft } = await stage(t, 9, new Error("subjects overlap"))
  await t.rejects(open(), { message: "subjects overlap" })
  t.strictSame([tries(), hasLeft(), problems], [1, true, []])
})
