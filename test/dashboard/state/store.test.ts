import t from "tap"
import { type Stage, stage, THREE } from "../stage.js"

function selected({ store }: Stage): string | undefined {
  return store.snapshot().selected?.name
}

function names({ store }: Stage): string[] {
  return store.snapshot().rows.map(({ name, state }) => (state === "gone" ? `(${name})` : name))
}

t.test("the selection follows the worker, not the row", async (t) => {
  const on = stage()
  on.press("down", "down")
  t.equal(selected(on), "c")
  void on.source.order("a-1", "kill")
  await on.pass(100)
  t.strictSame(names(on), ["b", "c", "(a)"])
  t.equal(selected(on), "c")
})

t.test("if the selected worker goes, the row in its place is selected", async (t) => {
  const on = stage()
  on.press("down")
  void on.source.order("b-2", "stop")
  await on.pass(100)
  t.strictSame(names(on), ["a", "c", "(b)"])
  t.equal(selected(on), "c")
  void on.source.order("c-3", "stop")
  await on.pass(100)
  t.equal(selected(on), "a")
})

t.test("moving stops at the ends; rows that ended can't be selected", async (t) => {
  const on = stage()
  void on.source.order("c-3", "kill")
  await on.pass(100)
  on.press("up")
  t.equal(selected(on), "a")
  on.press("down", "down", "down")
  t.equal(selected(on), "b")
  on.press("g")
  t.equal(selected(on), "a")
  on.press("G")
  t.equal(selected(on), "b")
  on.press("page-up")
  t.equal(selected(on), "a")
})

t.test("a question belongs to a worker and closes if that worker goes", async (t) => {
  const on = stage()
  on.press("down", "K")
  t.equal(on.store.snapshot().mode.kind, "kill")
  void on.source.order("b-2", "stop")
  await on.pass(100)
  t.equal(on.store.snapshot().mode.kind, "normal")
  on.press("y")
  await on.pass(100)
  t.strictSame(names(on), ["a", "c", "(b)"], "the yes came too late and kills nobody else")
})

t.test("only y is yes", async (t) => {
  for (const key of ["n", "Y", "enter", "K", "escape", " "]) {
    const on = stage()
    on.press("K", key)
    await on.pass(100)
    t.strictSame(names(on), ["a", "b", "c"], key)
    t.equal(on.store.snapshot().mode.kind, "normal", key)
  }
})

t.test(
  "after a yes keys are ignored for a moment, so that key repeat can't kill two",
  async (t) => {
    const on = stage()
    on.press("K", "y", "K", "y")
    await on.pass(200)
    on.press("K", "y")
    await on.pass(99)
    t.strictSame(names(on), ["b", "c", "(a)"])
    t.equal(on.store.snapshot().mode.kind, "normal")
    await on.pass(2)
    on.press("K", "y")
    await on.pass(100)
    t.strictSame(names(on), ["c", "(b)", "(a)"])
  },
)

t.test("Ctrl-C quits in every mode, also while keys are ignored", async (t) => {
  for (const keys of [[], ["?"], ["/", "x"], ["K"], ["K", "y"], ["p"]]) {
    const on = stage()
    let quits = 0
    on.store.exits = { quit: () => quits++, suspend() {}, redraw() {} }
    on.press(...keys, "ctrl-c")
    t.equal(quits, 1, keys.join(" "))
    on.store.press(["?", "ctrl-c"])
    t.equal(quits, 2, "and behind a change of mode")
  }
})

t.test("a chunk of keys is handled one by one, and ends at a change of mode", async (t) => {
  const on = stage()
  on.store.press(["down", "down", "K", "y", "w"])
  t.equal(selected(on), "c")
  t.equal(on.store.snapshot().mode.kind, "kill", "the y was typed for another screen")
  t.equal(on.message(), "")
  on.store.press(["y", "K", "y"])
  await on.pass(100)
  t.strictSame(names(on), ["a", "b", "(c)"])
})

t.test("a filter that is pasted, or typed in one go, is taken to its end", async (t) => {
  const on = stage()
  on.store.press(["down", "/", "b", "o", "enter", "s"])
  t.strictSame(names(on), ["c"])
  t.equal(on.store.snapshot().mode.kind, "normal")
  t.equal(on.message(), "", "the s was typed for another screen")
})

t.test("any key closes the help and does nothing else", async (t) => {
  const on = stage()
  on.press("?")
  t.equal(on.store.snapshot().mode.kind, "help")
  on.press("s")
  t.equal(on.store.snapshot().mode.kind, "normal")
  t.equal(on.message(), "")
})

t.test("a filter narrows while it is typed; Enter keeps it, Esc clears it", async (t) => {
  const on = stage()
  on.press("/", "b", "o")
  t.strictSame(names(on), ["c"])
  t.equal(selected(on), "c")
  on.press("backspace")
  t.strictSame(names(on), ["b", "c"])
  t.equal(selected(on), "c")
  on.press("up")
  t.equal(selected(on), "b", "arrows still move")
  on.press("enter", "s")
  t.equal(on.message(), "asked b to stop")
  on.press("escape")
  t.strictSame(names(on).slice(0, 3), ["a", "b", "c"])
  on.press("/", "l", "e", "a", "d")
  t.strictSame(names(on), ["a"], "roles are looked at as well")
  on.press("escape")
  t.equal(on.store.snapshot().filter, "")
  t.equal(on.store.snapshot().mode.kind, "normal")
})

t.test("keys that would do something are only text while a filter is typed", async (t) => {
  const on = stage()
  on.press("/", "q", "K", "y", "w")
  t.equal(on.store.snapshot().filter, "qKyw")
  t.equal(on.message(), "")
})

t.test("a paused screen stands still, counts what it misses, and goes on", async (t) => {
  const on = stage()
  await on.pass(1000)
  on.press("p")
  const before = on.store.snapshot()
  void on.source.order("a-1", "kill")
  await on.pass(3000)
  const paused = on.store.snapshot()
  t.strictSame(paused.rows, before.rows)
  t.strictSame(paused.paused, { forMs: 3000, missed: 2 })
  on.press("down")
  t.equal(selected(on), "b", "the selection still moves")
  on.press("p")
  t.equal(on.store.snapshot().paused, undefined)
  t.strictSame(names(on), ["b", "c", "(a)"])
})

t.test("an error stays until the next key that means something", async (t) => {
  const on = stage({ ...THREE, canStart: false })
  on.press("s", "n")
  t.match(on.store.snapshot().message, { isError: true, text: /starts no workers/ })
  await on.pass(5000)
  t.strictSame(names(on), ["b", "c", "(a)"], "meanwhile there was other news")
  on.press("x")
  t.match(on.message(), /starts no workers/)
  on.press("down")
  t.equal(on.message(), "")
})

t.test("while the connection is down the levers say so, and nothing is sent", async (t) => {
  const on = stage()
  on.source.cut()
  await on.pass(100)
  for (const key of ["w", "t", "B", "s", "K", "r", "h", "z", "P", "n"]) {
    on.press(key)
    t.match(on.message(), /^not connected to nats:/, key)
    t.equal(on.store.snapshot().mode.kind, "normal", key)
  }
  on.source.mend()
  await on.pass(100)
  on.press("w")
  t.equal(on.message(), "simple #1 sent")
})

t.test("a worker that takes no orders says so; so does a leader asked to hand over", async (t) => {
  const members = [
    { name: "a", agoMs: 2000, control: false },
    { name: "b", agoMs: 1000, control: true },
  ]
  const on = stage({ members })
  for (const key of ["s", "K", "r", "z", "P"]) {
    on.press(key)
    t.equal(on.message(), "a takes no orders: it was started without --allow-control", key)
  }
  on.press("down", "h")
  t.match(on.message(), /^a takes no orders/, "it is the leader that must obey")
  on.press("P")
  t.equal(on.message(), "asked b to pause")
})

t.test("without workers the levers say that none is selected", async (t) => {
  const on = stage({ members: [] })
  on.press("s")
  t.equal(on.message(), "no worker is selected")
  on.press("w")
  await on.pass(150)
  t.match(on.message(), /^simple #1: no workers: pool "work" has no ready members/)
})

t.test("after a close nothing ticks and nothing is heard", async (t) => {
  const on = stage()
  let told = 0
  on.store.subscribe(() => told++)
  await on.pass(3000)
  t.ok(told > 0)
  on.store.close()
  told = 0
  void on.source.order("a-1", "kill")
  await on.pass(5000)
  t.equal(told, 0)
})
