/**
 * Jobs that survive whoever does them: enqueued, done at least once by any worker, tried again when they fail.
 *
 *   node examples/jobs.js            # a worker; as often as you like
 *   node examples/enqueue.js         # a producer, which is no worker and needs none to be there
 */
import { joinPool } from "service-pool-leader"

const worker = await joinPool({
  pool: "mail",
  jobs: {
    send: {
      concurrency: 5, // at once in this worker; `limit` is for the whole pool
      async handler(job) {
        const { to } = job.json()
        // At least once is not exactly once: give the job's id to whoever can tell that it was done already.
        console.log(`${worker.name} sends ${job.id} to ${to}, attempt ${job.attempt}`)
        if (to === "bob" && job.attempt === 1) throw new Error("the server of bob was not there")
        return { sent: to }
      },
    },
  },
  report: (problem, error) => console.error(problem, error ?? ""),
})

process.once("SIGTERM", () => worker.leave()).once("SIGINT", () => worker.leave())
