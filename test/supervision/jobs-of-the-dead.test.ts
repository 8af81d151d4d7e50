import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import type { RunningJob } from "../../src/jobs/contract/running.js"
import type { WorkerSettings } from "../../src/supervision/worker-settings.js"
import { testGroup } from "../fixtures/crew.js"
import { Events } from "../fixtures/events.js"

interface Began extends RunningJob {
  readonly progress: { readonly pid: number; readonly token: number; readonly attempt: number }
}

/** Two workers, and who enqueues. */
async function workers(t: Test, settings: Partial<WorkerSettings> = {}) {
  const handler = new URL("../fixtures/long-jobs.mjs", import.meta.url).pathname
  const own = await testGroup(t, { handler, graceMs: 0, ...settings })
  const client = await PoolClient.connect({ connection: own.group.connection })
  t.teardown(() => client.close())
  await own.start("a", "b")
  return { ...own, client }
}

/** Two workers, one of which runs a job that never ends; and the starts of that job. */
async function stage(t: Test, settings: Partial<WorkerSettings> = {}) {
  const own = await workers(t, settings)
  const { client, group } = own
  const began = new Events<Began>()
  group.connection.subscribe("work.progress.>", {
    callback: (_error, message) => began.note(message.json<Began>()),
  })
  const job = await client.enqueue("long", "forever", { attempts: 1 })
  const first = await began.one(() => true)
  return { ...own, began, job, first }
}

t.test("a killed worker's jobs go on elsewhere before their leases run out", async (t) => {
  const { worker, began, job, first } = await stage(t)
  // Its lease would run out when nobody waits for it here any more.
  process.kill(worker(first.worker).pid, "SIGKILL")
  const second = await began.one(({ worker }) => worker !== first.worker)
  t.equal(second.progress.attempt, 1, "which was no failure")
  t.ok(second.progress.token > first.progress.token)
  t.equal(await job.cancel(), true)
})

t.test(
  "a job whose handler ends the process before it returns goes on elsewhere too",
  async (t) => {
    const { client, events } = await workers(t)
    const job = await client.enqueue("deadly", "once")
    const { type, worker } = await events.one(({ type }) => type === "gone")
    t.match([type, (await job.result()).text()], ["gone", worker.name === "a" ? "b" : "a"])
  },
)

t.test("one that stands still is killed, and its jobs go on elsewhere only then", async (t) => {
  const { worker, events, problems, began, job, first } = await stage(t, { killStalledMs: 2_000 })
  const { pid } = worker(first.worker)
  process.kill(pid, "SIGSTOP")
  const second = await began.one(({ worker }) => worker !== first.worker)
  t.throws(() => process.kill(pid, 0), "it runs no more when another begins")
  const gone = await events.one(({ type }) => type === "gone")
  t.match(gone, { worker: { name: first.worker }, how: "killed by SIGKILL", isAskedFor: false })
  t.match(problems.join(), /stood still for more than 2000 ms, and was killed/)
  t.equal(second.progress.attempt, 1, "which was no failure")
  t.equal(began.all.length, 2, "it ran in no third place")
  t.equal(await job.cancel(), true)
})
