import t from "tap"
import { type Stage, stage } from "../stage.js"

/** Presses keys, and returns the messages that followed, each once. */
async function story(on: Stage, keys: string[], ms: number): Promise<string[]> {
  const messages: string[] = []
  const note = () => {
    const text = on.message()
    if (text !== "" && text !== messages.at(-1)) messages.push(text)
  }
  const stop = on.store.subscribe(note)
  on.press(...keys)
  await on.pass(ms)
  stop()
  return messages
}

t.test("w: one simple request, and who answered", async (t) => {
  const on = stage()
  const [sent, answered] = await story(on, ["w"], 300)
  t.equal(sent, "simple #1 sent")
  t.match(answered, /^simple #1: [abc] answered in \d\.\dms$/)
  t.match(on.store.snapshot().pool.work.answers[0], { number: 1, kind: "simple" })
})

t.test("t: one tracked request, which the leader answers, with its term", async (t) => {
  const on = stage()
  t.match((await story(on, ["t"], 300)).at(-1), /^tracked #1: a answered in \d\.\dms, term \d+$/)
})

t.test("B: ten simple requests, shared among the workers", async (t) => {
  const on = stage()
  const messages = await story(on, ["B"], 300)
  t.equal(messages[0], "10 simple sent")
  t.match(messages.at(-1), /^10 simple: a \d, b \d, c \d, in \d+(\.\d)?ms$/)
  t.equal(on.store.snapshot().pool.work.answers.length, 10)
})

t.test("a request that nobody answers says so", async (t) => {
  const on = stage({ members: [{ name: "a" }] })
  on.press("z")
  await on.pass(300)
  const messages = await story(on, ["w"], 2500)
  t.match(messages.at(-1), /^simple #1: no answer on "work" within 2000 ms/)
  t.equal(on.store.snapshot().message.isError, true)
})

t.test("s: a kind stop, and after how long it left", async (t) => {
  t.strictSame(await story(stage(), ["down", "s"], 300), ["asked b to stop", "b left after 41ms"])
})

t.test("s: a worker that is busy finishes first", async (t) => {
  const on = stage()
  on.source.fake.change("b-2", { counters: { done: 7, failed: 0, busy: 2 } })
  const messages = await story(on, ["down", "s"], 2000)
  t.equal(messages.at(-1), "b left after 1.2s, finished 2")
})

t.test("s: when the leader stops, who leads and after how long", async (t) => {
  t.equal((await story(stage(), ["s"], 300)).at(-1), "a left after 41ms; b leads after 1.5ms")
})

t.test("K: asks, kills, and says who leads after how long", async (t) => {
  const on = stage()
  on.press("K")
  t.match(on.screen(100, 30), / Kill a with SIGKILL\? It leads; b is next and takes over at once/)
  t.strictSame(await story(on, ["y"], 300), [
    "told a to kill itself",
    "a killed; b leads after 9.0ms",
  ])
  t.match(on.screen(100, 30), /12:38:14 {2}b {2}leads, term \d+, after 4.9ms/)
})

t.test("K: a follower that is killed changes no leader", async (t) => {
  t.equal((await story(stage(), ["down", "K", "y"], 300)).at(-1), "b killed")
})

t.test("r: a restart goes to the end of the line, and the message says so", async (t) => {
  const messages = await story(stage(), ["down", "r"], 600)
  t.strictSame(messages, [
    "asked b to restart",
    "b left after 41ms, comes back at the end of the line",
    "b is back after 221ms, 3rd in line",
  ])
})

t.test("n: a new worker, and its place", async (t) => {
  t.strictSame(await story(stage(), ["n"], 600), [
    "starting a new worker",
    "started d",
    "d joined after 140ms, 4th in line",
  ])
})

t.test("h: the leader hands over to the selected worker", async (t) => {
  const on = stage()
  t.strictSame(await story(on, ["G", "h"], 300), [
    "asked a to hand over to c",
    "c leads after 2.0ms: a handed over",
  ])
  t.match(await story(on, ["h"], 300), ["c leads already; select who shall lead next"])
})

t.test(
  "z: the lease of a frozen leader runs down, the next takes over, the thawed one finds out",
  async (t) => {
    const on = stage()
    const messages = await story(on, ["z"], 2500)
    t.strictSame(messages, [
      "freezing a",
      "a is frozen: watch its lease run down; z thaws it",
      "b leads after 2.1s: the lease of a ran out; z thaws it",
    ])
    t.equal(on.store.snapshot().rows[0]?.state, "frozen")
    t.equal((await story(on, ["z"], 300)).at(-1), "a runs again, and finds that it no longer leads")
    t.match(on.store.snapshot().rows[0], { state: "ready", role: "next" })
  },
)

t.test("z: a follower is frozen and thawed", async (t) => {
  const on = stage()
  t.equal(
    (await story(on, ["down", "z"], 4000)).at(-1),
    "b is frozen: watch its lease run down; z thaws it",
  )
  t.equal((await story(on, ["z"], 300)).at(-1), "b runs again")
})

t.test("z: who was frozen for so long that it is no member any more can be thawed", async (t) => {
  const on = stage()
  await story(on, ["down", "down", "z"], 60_000)
  const row = () => on.store.snapshot().rows.at(-1)
  t.match(row(), { name: "c", state: "frozen", ended: { how: "expired" } })
  t.equal(on.store.snapshot().selected?.name, "c")
  t.match(on.screen(100, 30), /^│▸ {3}c .* frozen .* expired 5\ds/m)
  t.match((await story(on, ["s"], 10)).at(-1), /^c is frozen and would not answer: z thaws it/)
  await story(on, ["up", "down"], 10)
  t.equal((await story(on, ["z"], 300)).at(-1), "c runs again")
  t.match(row(), { name: "c", state: "ready", place: 3 })
  t.notOk(row()?.ended)
})

t.test("K: who was frozen and is no member any more is killed, and then forgotten", async (t) => {
  const on = stage()
  await story(on, ["down", "down", "z"], 20_000)
  await story(on, ["K", "y"], 300)
  t.match(on.store.snapshot().rows.at(-1), { name: "c", state: "gone" })
  await on.pass(20_000)
  t.equal(on.store.snapshot().rows.length, 2)
})

t.test("P: rest, and again", async (t) => {
  const on = stage()
  t.equal(
    (await story(on, ["down", "P"], 300)).at(-1),
    "b paused: it keeps its place, takes no work",
  )
  t.equal((await story(on, ["P"], 300)).at(-1), "b takes work again")
})

t.test("an order that fails says why", async (t) => {
  const on = stage()
  on.source.fake.freeze("b-2")
  const messages = await story(on, ["down", "s"], 2500)
  t.equal(messages.at(-1), "stop b: no answer within 2000 ms")
  t.equal(on.store.snapshot().message.isError, true)
})

t.test("a remark of the source stands behind what happened", async (t) => {
  const on = stage()
  on.press("down", "z")
  await on.pass(300)
  const messages = await story(on, ["K", "y"], 300)
  t.equal(messages.at(-1), "b killed (it was frozen, so its supervisor did it)")
})
