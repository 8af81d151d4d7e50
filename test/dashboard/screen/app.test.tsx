import t from "tap"
import { ASCII } from "../../../src/dashboard/drawing/glyphs.js"
import { render } from "../../fixtures/render.js"
import { stage } from "../stage.js"

const SIZE = { columns: 100, rows: 30 }

t.test("the frame is the picture of the snapshot", async (t) => {
  const on = stage()
  const screen = render(on.store, SIZE)
  t.teardown(screen.unmount)
  t.equal(`${screen.frame()}\n`, on.screen(100, 30).replace(/ +$/gm, ""))
})

t.test("keys arrive, one by one and in chunks", async (t) => {
  const on = stage()
  const screen = render(on.store, SIZE)
  t.teardown(screen.unmount)
  screen.type("\x1b[B")
  await screen.until((frame) => frame.includes("▸2  b"))
  screen.type("\x0e\x10\x1b[B\x1b[A\x1b[B")
  await screen.until((frame) => frame.includes("▸3  c"))
  screen.type("w")
  await screen.until((frame) => frame.includes(" simple #1 sent"))
  await on.pass(300)
  await screen.until((frame) => /simple #1: \w answered in/.test(frame))
})

t.test("Backspace, held or not, and Escape alone", async (t) => {
  const on = stage()
  const screen = render(on.store, SIZE)
  t.teardown(screen.unmount)
  screen.type("/")
  await screen.until((frame) => frame.includes("filter: _"))
  screen.type("bore")
  await screen.until((frame) => frame.includes("filter: bore_"))
  screen.type("\x7f")
  await screen.until((frame) => frame.includes("filter: bor_"))
  screen.type("\x7f\x7f")
  await screen.until((frame) => frame.includes("filter: b_"))
  screen.type("\x1b")
  await screen.until((frame) => !frame.includes("filter:"))
  t.match(screen.frame(), /Members 3/)
})

t.test("Ctrl-C, Ctrl-Z and Ctrl-L ask for what is the screen's business", async (t) => {
  const on = stage()
  const screen = render(on.store, SIZE)
  t.teardown(screen.unmount)
  const asked: string[] = []
  on.store.exits = {
    quit: () => asked.push("quit"),
    suspend: () => asked.push("suspend"),
    redraw: () => asked.push("redraw"),
  }
  screen.type("\x0c")
  screen.type("\x1a")
  screen.type("\x03")
  screen.type("q")
  await screen.until(() => asked.length === 4)
  t.strictSame(asked, ["redraw", "suspend", "quit", "quit"])
})

t.test("a change of the pool comes by itself", async (t) => {
  const on = stage()
  const screen = render(on.store, SIZE)
  t.teardown(screen.unmount)
  void on.source.order("a-1", "kill")
  await on.pass(150)
  await screen.until((frame) => frame.includes("leader b"))
})

t.test("a resize is drawn at once, through all layouts and back", async (t) => {
  const on = stage()
  const screen = render(on.store, SIZE)
  t.teardown(screen.unmount)
  const signs: [number, number, RegExp][] = [
    [60, 16, /^ work {2}● [^\n]*\n╭─ Members 3[^\n]*╮\n/],
    [38, 8, /^ ● leader a/],
    [30, 5, /^pool needs 36x6, this is 30x5/],
    [200, 60, /╭─ Leadership/],
    [36, 6, /^ ● leader a/],
    [100, 30, /╭─ Leadership/],
  ]
  for (const [columns, rows, sign] of signs) {
    screen.resize(columns, rows)
    await screen.until((frame) => sign.test(frame))
    const lines = screen.frame().split("\n")
    t.ok(lines.length <= rows, `${lines.length} lines of ${rows}`)
    t.ok(lines.every((line) => [...line].length <= columns))
  }
})

t.test("ASCII when it is asked for", async (t) => {
  const screen = render(stage().store, SIZE, ASCII)
  t.teardown(screen.unmount)
  t.match(screen.frame(), /^[\n -~]+$/)
  t.match(screen.frame(), /\|>1 {2}a {7}leader/)
})

t.test("no colours where there are to be none, as under this test runner", async (t) => {
  const screen = render(stage().store, SIZE)
  t.teardown(screen.unmount)
  t.notOk(screen.frame().includes("\x1b"))
})
