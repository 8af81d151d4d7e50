import { writeFileSync } from "node:fs"
import { join } from "node:path"
import t, { type Test } from "tap"
import { runPool } from "../fixtures/cli.js"
import { type TestGroup, testGroup } from "../fixtures/crew.js"
import { tempFolder } from "../fixtures/folder.js"
import { LONG_LEASE_MS } from "../fixtures/leases.js"

const OBEDIENT = { allowControl: true }

/** The command line, attached to the server of a group of workers. */
function commandLine(t: Test, { server }: TestGroup) {
  return async (...args: string[]) => {
    const ran = await runPool(t, [...args, "--servers", server.url])
    return { ...ran, json: args.includes("--json") && ran.code === 0 ? JSON.parse(ran.out) : {} }
  }
}

t.test("the leader stops, and who leads then is told with how long it took", async (t) => {
  const group = await testGroup(t, OBEDIENT)
  await group.start("a", "b", "c")
  const { term } = await group.leads("a", "b", "c")
  const { code, out } = await commandLine(t, group)("stop", "a")
  t.equal(code, 0)
  t.match(out, /^a left after \d+ ms; b leads after \d+ ms, term \d+\n$/)
  t.ok(Number(/term (\d+)/.exec(out)?.[1]) > term)
  await group.leads("b", "c")
})

t.test("the last one that stops leaves nobody to lead", async (t) => {
  const group = await testGroup(t, OBEDIENT)
  await group.start("a")
  await group.leads("a")
  t.match(await commandLine(t, group)("stop", "a"), {
    code: 0,
    out: /^a left after \d+ ms; nobody is left to lead\n$/,
  })
  t.match(await commandLine(t, group)("stop", "a"), { code: 3, err: /^pool: no workers: / })
})

t.test("a follower is killed, and leadership stays where it is", async (t) => {
  const group = await testGroup(t, OBEDIENT)
  await group.start("a", "b")
  const { term } = await group.leads("a", "b")
  const { id } = group.worker("b")
  const { json } = await commandLine(t, group)("kill", "b", "--json")
  t.match(json, { order: "kill", name: "b", id, ms: Number })
  t.notOk("leader" in json)
  const gone = await group.events.one((event) => event.type === "gone")
  t.match(gone, { worker: { name: "b" }, how: "killed by SIGKILL" })
  t.equal((await group.leads("a")).term, term)
})

t.test(
  "the leader is killed, and its successor is told long before the lease is over",
  async (t) => {
    const group = await testGroup(t, OBEDIENT)
    await group.start("a", "b")
    await group.leads("a", "b")
    const { json } = await commandLine(t, group)("kill", "a", "--json")
    t.match(json, { name: "a", leader: { name: "b", id: group.worker("b").id } })
    t.ok(json.leader.ms < LONG_LEASE_MS / 10, `b leads after ${json.leader.ms} ms`)
  },
)

t.test("who restarts is back under a new id, last in line", async (t) => {
  const group = await testGroup(t, OBEDIENT)
  await group.start("a", "b", "c")
  await group.leads("a", "b", "c")
  const before = group.worker("a").id
  const { json } = await commandLine(t, group)("restart", "a", "--json")
  t.match(json, { order: "restart", id: before, leader: { name: "b" } })
  await group.leads("b", "c", "a")
  t.equal(json.newId, group.worker("a").id)
  t.not(json.newId, before)
})

t.test("the leader hands over to whom it is told, or to the next in line", async (t) => {
  const group = await testGroup(t, OBEDIENT)
  await group.start("a", "b", "c")
  await group.leads("a", "b", "c")
  const pool = commandLine(t, group)
  t.match(await pool("hand-over", "c"), {
    err: "",
    code: 0,
    out: /^c leads after \d+ ms, term \d+\n$/,
  })
  await group.leads("c", "a", "b")
  t.match(await pool("hand-over"), { code: 0, out: /^a leads after /, err: "" })
  await group.leads("a", "b", "c")
  t.match(await pool("hand-over", "a"), { code: 0, out: "a leads already; nothing to do\n" })
  t.match(await pool("hand-over", "--from", "b"), {
    code: 0,
    out: "b does not lead; nothing to do\n",
  })
  t.match(await pool("hand-over", "--from", "a", "--json"), {
    json: { name: "a", leader: { name: "b" } },
  })
})

t.test("who leads alone has nobody to hand over to, and is told what to do", async (t) => {
  const group = await testGroup(t, OBEDIENT)
  await group.start("a")
  await group.leads("a")
  t.match(await commandLine(t, group)("hand-over"), {
    code: 3,
    out: "",
    err: 'pool: nobody but a may lead pool "work"; start one who may, with: pool worker\n',
  })
})

t.test("nobody is handed leadership who may not lead", async (t) => {
  const group = await testGroup(t, { ...OBEDIENT, eligible: false })
  await group.start("a")
  t.match(await commandLine(t, group)("hand-over"), { code: 3, err: /^pool: no leader: / })
})

t.test("who is paused takes no work until it is resumed, and keeps its place", async (t) => {
  const group = await testGroup(t, OBEDIENT)
  await group.start("a", "b")
  await group.leads("a", "b")
  const pool = commandLine(t, group)
  t.match(await pool("pause", "a"), { code: 0, out: /^a is paused after \d+ ms\n$/ })
  for (let n = 0; n < 10; n++) {
    const answer = await group.group.connection.request("work")
    t.equal(answer.headers?.get("Pool-Worker"), "b")
  }
  t.match(await pool("pause", "a"), { out: "a is paused already; nothing to do\n" })
  t.match(await pool("resume", "a"), { code: 0, out: /^a takes work again after \d+ ms\n$/ })
  await group.leads("a", "b")
})

t.test("a name that several members have asks for the id, and lists them", async (t) => {
  const group = await testGroup(t, OBEDIENT)
  await group.start("a", "b", "b")
  await group.leads("a", "b", "b")
  const [one, other] = group.group.supervisor.workers.filter(({ name }) => name === "b")
  const pool = commandLine(t, group)
  const { code, err } = await pool("stop", "b")
  t.equal(code, 2)
  t.match(err, '2 members are called "b"; say which by its id: ')
  t.match(err, `${one?.id} (pid ${one?.pid} on `)
  t.match(err, `${other?.id} (pid ${other?.pid} on `)
  t.match(await pool("stop", one?.id ?? ""), { code: 0, out: /^b left after/ })
  t.match(await pool("stop", "z"), { code: 3, err: /no member "z" in pool "work"; there are a, b/ })
})

t.test("who was started without --allow-control is left alone", async (t) => {
  const group = await testGroup(t)
  await group.start("a", "b")
  await group.leads("a", "b")
  const pool = commandLine(t, group)
  for (const order of ["stop", "kill", "restart", "pause", "resume"]) {
    const { code, err } = await pool(order, "b")
    t.equal(code, order === "resume" ? 0 : 1, order)
    if (order !== "resume") t.match(err, /takes no orders; start it with --allow-control/)
  }
  t.match(await pool("hand-over"), { code: 1, err: /takes no orders/ })
  t.equal(group.group.supervisor.workers.length, 2)
})

t.test("an order whose end does not come in time says what did not happen", async (t) => {
  const handler = join(tempFolder(t), "slow.mjs")
  writeFileSync(handler, "export const work = () => new Promise(() => {})")
  const group = await testGroup(t, { ...OBEDIENT, handler, graceMs: 5_000 })
  await group.start("a")
  const { connection } = group.group
  connection.publish("work", "", { reply: "nobody" })
  await connection.flush()
  const { code, err } = await commandLine(t, group)("stop", "a", "--timeout", "2s")
  t.equal(code, 1)
  t.match(err, /a has not left within 2000 ms/)
})
