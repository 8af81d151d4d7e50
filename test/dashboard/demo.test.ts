import t from "tap"
import { rehearsed } from "../../src/dashboard/demo.js"
import { pause } from "../../src/time/within.js"
import { NOON } from "./stage.js"

/** A demo whose time passes only when it is told to. */
async function demo() {
  const { source, clock, store } = await rehearsed(NOON)
  const pass = (ms: number) => clock.during(pause(clock, ms), ms + 1000)
  const press = async (keys: string, ms: number) => {
    for (const key of keys.split(" ")) store.press([key])
    await pass(ms)
    return store.snapshot().message.text
  }
  const end = async () => {
    store.close()
    await source.close()
  }
  return { store, clock, pass, press, end }
}

t.test("it has lived through the death of its first leader, and is busy", async (t) => {
  const { store, end } = await demo()
  const { pool, leader, living, rows } = store.snapshot()
  t.match([leader?.name, living], ["a", 3])
  t.strictSame(
    pool.log.entries.map(({ name, text }) => `${name} ${text.replace(/\d+ms|term \d+/g, "_")}`),
    [
      "d joined, 1st in line",
      "a joined, 2nd in line",
      "d leads, _",
      "b joined, 3rd in line",
      "c joined, 4th in line",
      "a leads, _, after 1._",
      "d killed",
    ],
  )
  const working = rows.filter(({ state }) => state === "ready")
  t.strictSame(
    working.map(({ name, host }) => `${name} ${host}`),
    ["a atlas", "b atlas", "c boreas"],
  )
  t.ok(working.every(({ done }) => done > 100))
  await end()
})

t.test("its workers obey, are frozen and killed, and the real election follows", async (t) => {
  const { store, press, pass, end } = await demo()
  t.match(await press("w", 300), /^simple #1: \w answered in /)
  t.match(await press("t", 300), /^tracked #2: a answered in .*, term \d+$/)
  t.match(await press("z", 2500), /^b leads after [12]\.\ds: the lease of a ran out; z thaws it$/)
  t.match(await press("z", 300), "a runs again, and finds that it no longer leads")
  t.match(await press("down K y", 300), /^b killed; a leads after \d/)
  t.match(await press("G z", 20_000), "c is frozen: watch its lease run down; z thaws it")
  const row = (name: string) => store.snapshot().rows.find((row) => row.name === name)
  t.match(row("c"), { state: "frozen", ended: { how: "expired" } })
  t.match(await press("n", 1000), /^b joined after 1/, "a frozen one keeps its name")
  t.match(await press("G z", 1000), "c runs again")
  t.match(row("c"), { state: "ready", role: "next" })
  t.match(await press("G r", 1000), /^b is back after .*, 3rd in line$/)
  t.match(await press("g down h", 1000), /^c leads after .*: a handed over$/)
  t.match(await press("g s", 1000), /^a left after /)
  await pass(10_000)
  t.match(store.snapshot(), { leader: { name: "c" }, living: 2 })
  await end()
})

t.test("nothing of it goes on once it is closed", async (t) => {
  const { clock, press, end } = await demo()
  await press("down z", 300)
  await end()
  const after = t.capture(clock, "after")
  await clock.advance(60_000)
  t.strictSame(after(), [])
})
