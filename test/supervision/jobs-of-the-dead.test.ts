import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import type { RunningJob } from "../../src/jobs/contract/running.js"
import { testGroup } from "../fixtures/crew.js"
import { Events } from "../fixtures/events.js"

interface Began extends RunningJob {
  readonly progress: { readonly pid: number; readonly token: number; readonly attempt: number }
}

t.test("a killed worker's jobs go on elsewhere before their leases run out", async (t) => {
  const handler = new URL("../fixtures/long-jobs.mjs", import.meta.url).pathname
  const { start, worker, group } = await testGroup(t, { handler, graceMs: 0 })
  const { connection } = group
  const began = new Events<Began>()
  connection.subscribe("work.progress.>", {
    callback: (_error, message) => began.note(message.json<Began>()),
  })
  const client = await PoolClient.connect({ connection })
  t.teardown(() => client.close())
  await start("a", "b")
  const job = await client.enqueue("long", "forever", { attempts: 1 })
  const first = await began.one(() => true)
  // Its lease would run out when nobody waits for it here any more.
  process.kill(worker(first.worker).pid, "SIGKILL")
  const second = await began.one(({ worker }) => worker !== first.worker)
  t.equal(second.progress.attempt, 1, "which was no failure")
  t.ok(second.progress.token > first.progress.token)
  t.equal(await job.cancel(), true)
})
