import t from "tap"
import { Metrics } from "../../src/observe/metrics.js"
import { leader } from "../fixtures/measured.js"
import { promtool, withoutPromtool } from "../fixtures/promtool.js"

t.test("Prometheus's own checker finds nothing", { skip: withoutPromtool() }, async (t) => {
  const metrics = new Metrics("work", "a", () => leader)
  metrics.requests.simple.began()
  metrics.requests.simple.ended(1, 500)
  const jobs = metrics.ofJobs({
    counts: async () => [
      { queue: "q", waiting: 1, running: 0, delayed: 0, dead: 0, ended: 0, isServed: true },
    ],
    nowMs: () => 0,
  })
  jobs.ended("q", "done")
  jobs.crashed("q")
  jobs.ticked("c", 1)
  // What it says of names that are not ours is for others.
  const ours = (await metrics.text()).split("\n").filter((line) => /^(# \w+ )?pool_/.test(line))
  t.equal(promtool(["check", "metrics"], `${ours.join("\n")}\n`), "")
})
