import { writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { runPool, startPool } from "../../fixtures/cli.js"
import { tempFolder } from "../../fixtures/folder.js"
import { testServer } from "../../fixtures/server.js"

/** A module for `pool worker --handler` with a cron, and the queue that its ticks go to. */
const MODULE = `
export const cron = { beat: { at: "* * * * * *", job: "beat" }, never: { at: "0 0 29 2 *", job: "beat" } }
export const jobs = { beat: (job) => console.log("tick " + job.headers.get("Pool-Cron-Tick")) }
`

t.test("the cron of a handler module fires, and its history tells of each tick", async (t) => {
  const server = await testServer(t)
  const file = join(tempFolder(t), "module.mjs")
  writeFileSync(file, MODULE)
  const at = ["--servers", server.url]
  const worker = startPool(t, ["worker", "--name", "a", "--handler", file, ...at])
  await worker.says(/tick (\S+)(.|\n)*tick \S+/)
  const run = (...args: string[]) => runPool(t, ["cron", "history", ...args, ...at])
  const [json, table, never, unknown] = await Promise.all([
    run("beat", "--json"),
    run(),
    run("never"),
    run("baet"),
  ])
  const ticks = JSON.parse(json.out)
  t.ok(ticks.length >= 2)
  t.match(ticks[0], {
    name: "beat",
    by: "a",
    term: Number,
    lateMs: Number,
    became: /^(done|runs|waits)/,
  })
  const times = ticks.map(({ atMs }: { atMs: number }) => atMs)
  t.strictSame(times, times.toSorted(), "in their order")
  const [, first = ""] = /tick (\S+)/.exec(worker.said()) ?? []
  t.equal(ticks[0].job, `beat-${ticks[0].atMs}`)
  t.ok(Date.parse(first) >= times[0] || times.length === 10)
  t.match(table.out, /^TICK +NAME +LATE +BY +TERM +JOB +BECAME\n\S+Z +beat /)
  t.match(never, { code: 0, out: "", err: "pool: no tick of cron never was fired yet\n" })
  t.match(unknown, { code: 2, err: /^pool: cron: expected one of beat, never, got "baet"\n$/ })
  worker.child.kill("SIGTERM")
  t.equal((await worker.ended()).code, 0)
})

t.test("what can't be is refused in one line before anything is connected to", async (t) => {
  const nowhere = ["--servers", "127.0.0.1:1"]
  const lines = {
    "jobs shw x": "unknown command 'shw'; did you mean show?; see: pool jobs --help",
    "enqueue send x --priority 9": "priority: expected 0 (the default) to 2 (first), got 9",
    "cron add x @never --job y": /^cron\.x: at: expected five fields .* got "@never"$/,
    "cron add x @daily --tz Vienna --job y": /^cron\.x: tz: expected a time zone .* got "Vienna"$/,
  }
  const ended = Object.keys(lines).map((line) => runPool(t, [...line.split(" "), ...nowhere]))
  const told = (await Promise.all(ended)).map(({ code, err }) => {
    t.equal(code, 2, err)
    return err.replace(/^pool: |\n$/g, "")
  })
  t.match(told, Object.values(lines))
})
