import { PassThrough } from "node:stream"
import t from "tap"
import { ASCII } from "../../../src/dashboard/drawing/glyphs.js"
import { eventLine, eventObject } from "../../../src/dashboard/screen/plain.js"
import { runPlain } from "../../../src/dashboard/screen/run-plain.js"
import { matchesPicture } from "../picture-book.js"
import { demoStage, stage, THREE } from "../stage.js"

/** Something to print to that keeps what was printed. */
function paper() {
  const stream = new PassThrough()
  let text = ""
  stream.on("data", (chunk) => {
    text += chunk
  })
  return { stdout: stream as unknown as NodeJS.WriteStream, text: () => text }
}

t.test("a line an event, in the words of the screen", async (t) => {
  const on = await demoStage()
  const { stdout, text } = paper()
  const ended = runPlain(on.store, { stdout, glyphs: ASCII })
  on.press("K", "y")
  await on.pass(1000)
  process.emit("SIGINT", "SIGINT")
  t.equal(await ended, 130)
  t.equal(
    text(),
    `12:20:14  d  joined
12:20:14  d  leads, term 1
12:28:38  a  joined
12:28:38  b  joined
12:35:14  c  joined, 4th in line
12:37:52  d  killed
12:37:52  a  leads, term 561, after 4.9ms
12:38:14  a  killed
12:38:14  b  leads, term 605, after 4.9ms
`,
  )
})

t.test(
  "once: the servers of a cluster stand below, and are objects of a type of their own",
  async (t) => {
    const on = stage({ ...THREE, servers: ["n1", "n2", "n3"] })
    await on.pass(1000)
    const words = paper()
    await runPlain(on.store, { stdout: words.stdout, glyphs: ASCII, once: true })
    matchesPicture(t, "once-servers", words.text())
    const { stdout, text } = paper()
    await runPlain(on.store, { stdout, glyphs: ASCII, once: true, json: true })
    const objects = text()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    t.strictSame(objects[3], {
      ...{ type: "server", name: "n1", state: "up", leads: true },
      ...{ replica: "current", version: "2.12.15" },
    })
    t.strictSame(
      objects.map(({ type }) => type),
      [undefined, undefined, undefined, "server", "server", "server"],
    )
  },
)

t.test("what happens to a server is told with its name, as the server's", async (t) => {
  const on = stage({ ...THREE, servers: ["n1", "n2", "n3"] })
  on.press("tab", "down", "s")
  await on.pass(100)
  const [entry] = on.store.snapshot().pool.log.entries.slice(-1)
  t.ok(entry)
  if (!entry) return
  t.match(eventLine(entry), / {2}n2 {2}server is down$/)
  t.match(JSON.parse(eventObject(entry)), { event: "server", server: "n2", state: "down" })
})

t.test("each signal has its code, and leaves nothing behind", async (t) => {
  for (const [signal, code] of [
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const before = process.listenerCount(signal)
    const ended = runPlain(stage().store, { stdout: paper().stdout, glyphs: ASCII })
    process.emit(signal, signal)
    t.equal(await ended, code)
    t.equal(process.listenerCount(signal), before)
  }
})

t.test("it ends when nobody reads any more", async (t) => {
  const { stdout } = paper()
  const ended = runPlain(stage().store, { stdout, glyphs: ASCII })
  stdout.emit("error", new Error("EPIPE"))
  t.equal(await ended, 0)
})

t.test("JSON: an object a line, with the figures as numbers", async (t) => {
  const on = await demoStage()
  const { stdout, text } = paper()
  const ended = runPlain(on.store, { stdout, glyphs: ASCII, json: true })
  process.emit("SIGINT", "SIGINT")
  await ended
  const objects = text()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  t.strictSame(objects.at(-1), {
    time: "2026-01-05T12:37:52.009Z",
    event: "leads",
    worker: "a",
    id: "a-2",
    term: 561,
    afterMs: 4.9,
    text: "leads, term 561, after 4.9ms",
  })
})

t.test("--once prints the table and ends", async (t) => {
  const on = await demoStage()
  const { stdout, text } = paper()
  t.equal(await runPlain(on.store, { stdout, glyphs: ASCII, once: true }), 0)
  matchesPicture(t, "once", text())
})

t.test("--once keeps to the width of a terminal", async (t) => {
  const on = await demoStage()
  const { stdout, text } = paper()
  Object.assign(stdout, { isTTY: true, columns: 60 })
  await runPlain(on.store, { stdout, glyphs: ASCII, once: true })
  matchesPicture(t, "once-60", text())
})

t.test("--once waits until the pool has been read", async (t) => {
  const on = stage({ members: [] })
  const { stdout, text } = paper()
  await runPlain(on.store, { stdout, glyphs: ASCII, once: true })
  t.equal(text(), "work on nats://127.0.0.1:4222 (0.4ms): no leader, 0 workers\n\nno workers\n")
})

t.test("--once --json: an object a member", async (t) => {
  const on = stage(THREE)
  const { stdout, text } = paper()
  await runPlain(on.store, { stdout, glyphs: ASCII, once: true, json: true })
  const [first, second] = text()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  t.match(first, {
    name: "a",
    role: "leader",
    place: 1,
    state: "ready",
    started: /^2026-01-05T12:28/,
  })
  t.match(second, { name: "b", role: "next" })
})

t.test("what others wrote can't steer the terminal", async (t) => {
  const entry = {
    number: 1,
    wallMs: 0,
    kind: "undecodable",
    name: "",
    text: "entry \x1b[2J",
  } as const
  t.equal(eventLine(entry), "00:00:00  entry ?[2J")
  t.equal(JSON.parse(eventObject(entry)).text, "entry \x1b[2J")
  t.notOk(eventObject(entry).includes("\x1b"))
})
