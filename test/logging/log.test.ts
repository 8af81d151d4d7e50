import { join } from "node:path"
import t from "tap"
import { portraitOf, terminalLine } from "../../src/logging/log.js"
import { built } from "../fixtures/built.js"
import { startPool } from "../fixtures/cli.js"
import { HOSTILE } from "../fixtures/hostile.js"
import { testServer } from "../fixtures/server.js"
import { shellIn, withoutTmux } from "../fixtures/tmux.js"

const MODULE = join(import.meta.dirname, "../fixtures/failing-leader.mjs")
/** Begins to lead, fails, and begins anew, as often as it likes. */
const FAILING = ["--name", "a", "--handler", MODULE, "--restarts", "1000/1s"]

t.test("piped, every event is a JSON object on a line, with the member's id on each", async (t) => {
  const server = await testServer(t)
  const worker = startPool(t, ["worker", "--servers", server.url, ...FAILING])
  await worker.says(/"msg":"joined"[\s\S]*"msg":"lead\(\) failed"[\s\S]*"msg":"joined"/)
  worker.child.kill("SIGTERM")
  const { out, err } = await worker.ended()
  t.equal(err, "")
  const events = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  const ids = new Set<string>()
  for (const event of events) {
    const { worker: name, pid, id, level, time, msg } = event
    t.match({ name, level, pid }, { name: "a", level: Number, pid: Number }, msg)
    t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, msg)
    t.match(id, /^[0-9A-Z]{22}$/, msg)
    ids.add(id)
  }
  t.ok(ids.size > 1, "who begins anew has a new one")
  t.match(
    events.find(({ msg }) => msg === "lead() failed"),
    { level: 40, err: { stack: String } },
  )
})

t.test("--log-level leaves out what is below it", async (t) => {
  const server = await testServer(t)
  const args = ["worker", "--servers", server.url, "--log-level", "warn", ...FAILING]
  const worker = startPool(t, args)
  await worker.says(/lead\(\) failed/)
  worker.child.kill("SIGTERM")
  const { out } = await worker.ended()
  const levels = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).level)
  t.ok(
    levels.every((level) => level >= 40),
    levels.join(),
  )
})

t.test("a terminal shows who, what, and the details, on one line", async (t) => {
  const base = { level: 30, time: 1, worker: "a", pid: 7, id: "X" }
  t.equal(terminalLine({ ...base, term: 4, msg: "leads" }), "a  leads  term=4")
  t.equal(
    terminalLine({ ...base, nobodySinceMs: 3, reason: "handed over", msg: "nobody leads" }),
    "a  nobody leads  nobodySinceMs=3  reason=handed over",
  )
  const err = { type: "Error", message: "no disk\nsecond line", stack: "Error: no disk\n    at x" }
  t.equal(terminalLine({ ...base, err, msg: "failed" }), "a  failed: no disk second line")
  t.equal(
    terminalLine({ ...base, err, msg: "failed" }, true),
    "a  failed: no disk second line\nError: no disk\n    at x",
  )
  t.equal(terminalLine({ ...base, err: "thrown", msg: "failed" }), "a  failed: thrown")
  t.equal(terminalLine({ ...base, err: { a: 1 }, msg: "failed" }), 'a  failed: {"a":1}')
})

t.test(
  "whatever was thrown can be logged, with its code, and the stacks of its causes",
  async (t) => {
    for (const [name, made] of Object.entries(HOSTILE)) {
      const err = JSON.parse(JSON.stringify(portraitOf(made())))
      t.match(err, { type: String, message: String, stack: String }, name)
      t.match(terminalLine({ worker: "a", msg: "failed", err }), /^a {2}failed: \P{Cc}*$/u, name)
    }
    const cause = new Error("inside")
    const error = Object.assign(new TypeError("no", { cause }), { code: "E_NO" })
    const told = {
      type: "TypeError",
      message: "no",
      code: "E_NO",
      stack: /caused by: Error: inside/,
    }
    t.match(portraitOf(error), told)
  },
)

t.test("in a real terminal as well", { skip: withoutTmux() }, async (t) => {
  const server = await testServer(t)
  const terminal = await shellIn(t, t.testdir({}))
  terminal.run(`${process.execPath} ${built("cli.js")} worker --name a --servers ${server.url}`)
  const screen = await terminal.until(/INFO: a {2}leads {2}term=\d+$/m)
  t.match(
    screen.split("\n").filter((line) => line.startsWith("[")),
    [
      /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: a {2}joined$/,
      /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: a {2}leads {2}term=\d+$/,
    ],
  )
  terminal.keys("C-c")
  await terminal.until(/does not lead any more\n\$ *\n/)
})
