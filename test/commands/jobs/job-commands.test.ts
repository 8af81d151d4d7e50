import t from "tap"
import type { QueueJob } from "../../../src/jobs/contract/queue-job.js"
import { runPool } from "../../fixtures/cli.js"
import { testPool } from "../../fixtures/pool.js"

t.test("jobs are enqueued, seen, cancelled, brought back and forgotten", async (t) => {
  const pool = await testPool(t)
  const at = ["--servers", pool.server.url]
  const run = async (...args: string[]) => {
    const { code, out, err } = await runPool(t, [...args, ...at])
    return { code, out: out.trim(), err: err.trim() }
  }
  t.match(await run("jobs"), { code: 0, out: 'pool "work" has no jobs' })
  const { out: id } = await run("enqueue", "slow", "x", "--unique", "a b", "--in", "1h")
  t.match(await run("enqueue", "slow", "y", "--unique", "a b"), {
    out: `${id} (was there already)`,
  })
  t.match(await run("jobs", "show", id), { code: 0, out: /state +delayed(.|\n)*payload +x/ })
  t.match(await run("jobs", "cancel", id), { code: 0, out: `${id}: done` })
  t.match(await run("jobs", "show", id), { code: 1, err: /^pool: no job .* in pool "work"/ })
  let fails = true
  const bad = (job: QueueJob) => {
    if (fails) throw new Error("no way")
    return job.text()
  }
  await pool.join("a", { jobs: { bad } })
  const failed = await run("enqueue", "bad", "z", "--attempts", "1", "--result")
  t.match(failed, { code: 1, err: /failed for good: no way; see: pool jobs show/ })
  const { out: told } = await run("jobs", "--json")
  t.match(JSON.parse(told), {
    queues: [{ queue: "bad", dead: 1, isServed: true }],
    dead: [{ queue: "bad", reason: "no way", failures: 1 }],
  })
  fails = false
  t.match(await run("jobs", "retry", "--dead"), { out: "1 job" })
  t.match(await run("jobs", "discard", "--dead", "--queue", "bad"), { out: "0 jobs" })
  t.match(await run("enqueue", "bad", "well", "--result", "30s", "--json"), {
    out: /"result":"well"/,
  })
  const paused = await run("jobs", "pause", "nobody")
  t.match(paused.err, /one that a worker has served|to pause a queue needs nats-server 2\.11/)
  const urgent = ["enqueue", "bad", "soon", "--priority"]
  t.match(await run(...urgent, "2", "--result", "30s"), { out: /soon$/ })
  t.match(await run(...urgent, "3"), { code: 2, err: /^pool: priority: expected 0/ })
  t.match(await run("jobs", "retry"), { code: 2, err: /the id of a job, or --dead/ })
})
