import t from "tap"
import type { FakeOptions } from "../played/fake-source.js"
import { stage, THREE } from "../stage.js"

const CLUSTER: FakeOptions = { ...THREE, servers: ["n1", "n2", "n3"] }

function states({ store }: ReturnType<typeof stage>): string {
  return store
    .snapshot()
    .servers.map(({ name, state, leads }) => `${name} ${state}${leads ? " leads" : ""}`)
    .join(", ")
}

t.test("Tab goes to the servers, and back; keys are for what is in focus", async (t) => {
  const on = stage(CLUSTER)
  const selected = () => on.store.snapshot().selectedServer?.name
  on.press("tab")
  t.equal(selected(), "n1")
  on.press("down", "down", "down")
  t.equal(selected(), "n3")
  on.press("g", "G", "up")
  t.equal(selected(), "n2")
  on.press("h")
  t.equal(on.message(), "this key is for a worker: Tab goes back to the workers")
  on.press("tab")
  t.equal(selected(), undefined)
  on.press("l")
  t.equal(on.message(), "no server is selected: Tab goes to the servers")
  on.press("tab", "escape")
  t.equal(selected(), undefined)
})

t.test("l, b: a server leaves politely, and comes back; who leads stays", async (t) => {
  const on = stage(CLUSTER)
  on.press("tab", "l")
  t.match(on.message(), /^told server n1 to leave politely/)
  await on.pass(200)
  t.equal(states(on), "n1 lame duck, n2 up leads, n3 up")
  on.press("l")
  t.equal(on.message(), "server n1 is lame duck")
  on.press("up")
  await on.pass(3000)
  t.match(on.message(), /^server n1 left politely after 2\.5s; a leads on, still term \d+$/)
  on.press("b")
  t.equal(on.message(), "starting server n1")
  await on.pass(300)
  t.match(on.message(), /^server n1 is back after 25\dms$/)
  on.press("b")
  t.equal(on.message(), "server n1 is up")
  await on.pass(2000)
  const told = on.store.snapshot().pool.log.entries.filter(({ kind }) => kind === "server")
  t.strictSame(
    told.map(({ name, text }) => `${name} ${text}`),
    [
      "n1 server leaves politely: lame duck",
      "n2 server leads the stream of the bucket",
      "n1 server is down",
      "n1 server is up",
      "n1 server has caught up: its replica is current",
    ],
  )
})

t.test(
  "s, K: a server is stopped, and killed after a question that says what it means",
  async (t) => {
    const on = stage(CLUSTER)
    on.press("tab", "s")
    await on.pass(100)
    t.match(on.message(), /^server n1 stopped after \d\.\dms; a leads on, still term \d+$/)
    on.press("s")
    t.equal(on.message(), "server n1 is down; b brings it back, E without its files")
    on.press("down", "K")
    t.match(on.screen(100, 30), "Kill server n2 with SIGKILL? Too few are left then")
    on.press("x")
    await on.pass(100)
    t.equal(states(on), "n1 down, n2 up leads, n3 up", "any other key keeps it")
    on.press("K", "y")
    await on.pass(100)
    t.equal(states(on), "n1 down, n2 down, n3 up", "without a majority none leads")
  },
)

t.test("E: a server comes back without its files, once that was said yes to", async (t) => {
  const on = stage(CLUSTER)
  on.press("tab", "down", "E")
  t.equal(on.message(), "server n2 is up", "not one that is up")
  on.press("s")
  await on.pass(100)
  on.press("E")
  t.match(on.screen(100, 30), "Bring n2 back empty? Most of the others have all that it had")
  on.press("x")
  await on.pass(100)
  t.equal(states(on), "n1 up leads, n2 down, n3 up", "any other key keeps its files")
  on.press("E", "y")
  t.equal(on.message(), "starting server n2 without its files")
  await on.pass(300)
  t.match(on.message(), /^server n2 is back, empty, after 25\dms$/)
  const n2 = () => on.store.snapshot().servers.find(({ name }) => name === "n2")
  t.match(n2(), { state: "up", replica: "behind" })
  await on.pass(1000)
  t.match(n2(), { state: "up", replica: "current" })
})

t.test("where too few others have what a server has, E says what may be lost", async (t) => {
  const on = stage(CLUSTER)
  on.press("tab", "s", "down", "s")
  await on.pass(100)
  on.press("E")
  t.match(on.screen(100, 30), "Too few others have what it has: writes and terms can be lost.")
})

t.test("servers of others are looked at, and not touched", async (t) => {
  const on = stage({ ...CLUSTER, ownsServers: false })
  on.press("tab")
  t.match(on.message(), /^these servers were not started from here/)
  on.press("K")
  t.match(on.screen(100, 30), "Kill a with SIGKILL?", "the workers stay in focus")
})

t.test("with one server those keys do nothing", async (t) => {
  const on = stage()
  const before = on.screen(100, 30)
  on.press("tab", "l", "b")
  t.equal(on.screen(100, 30), before)
})
