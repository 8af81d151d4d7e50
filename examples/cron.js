/**
 * Something that is done at certain times, once in the whole pool, however many of these run, also while leadership moves:
 * the leader makes a job of each tick, and any worker does it.
 *
 *   node examples/cron.js          # as often as you like, on as many machines as you like
 */
import { joinPool } from "service-pool-leader"

const worker = await joinPool({
  pool: "cron",
  cron: {
    report: {
      at: process.env.AT ?? "* * * * *", // each minute; six fields have seconds first
      tz: "Europe/Vienna",
      job: "report",
      missed: "all", // of ticks that fell due while nobody led: all, the last `once`, or `skip`
    },
  },
  jobs: {
    report: (job) => console.log(`${job.headers.get("Pool-Cron-Tick")}: ${worker.name} reports`),
  },
  report: (problem, error) => console.error(problem, error ?? ""),
})

process.once("SIGTERM", () => worker.leave()).once("SIGINT", () => worker.leave())
