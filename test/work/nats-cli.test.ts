/** The real `nats` command line as a client of a pool: $NATS_CLI, or the one on PATH. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import t, { type Test } from "tap"
import { BadRequest } from "../../src/errors/work-errors.js"
import { tempFolder } from "../fixtures/folder.js"
import { natsCli, withoutCli } from "../fixtures/nats-cli.js"
import { type TestPool, testPool } from "../fixtures/pool.js"

const PROGRAM = natsCli() ?? "nats"
const skip = { skip: withoutCli(natsCli()) }

/** Its flags and environment: no context of whoever runs the tests. */
function setting(t: Test, { server }: TestPool) {
  const { PATH = "" } = process.env
  return { flags: ["--server", server.url], env: { PATH, HOME: tempFolder(t) } }
}

/** Runs `nats <args>`; resolves with all that it said, what a terminal shows first (stderr) first. */
function nats(t: Test, pool: TestPool, ...args: string[]): Promise<{ code: number; said: string }> {
  const { flags, env } = setting(t, pool)
  return new Promise((resolve) => {
    const child = execFile(PROGRAM, [...flags, ...args], { env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), said: err + out }),
    )
    child.stdin?.end()
  })
}

/** What it said, in lines, without times. */
function lines(said: string): string[] {
  return said
    .split("\n")
    .map((line) => line.replace(/^\d\d:\d\d:\d\d ?/, "").replace(/rtt [\d.]+[µnm]?s/, "rtt 1ms"))
    .filter((line) => line !== "")
}

t.test(
  "nats req work 10 is answered by a worker, which is named in the headers",
  skip,
  async (t) => {
    const pool = await testPool(t)
    const a = await pool.join("a")
    await pool.leads("a")
    const { code, said } = await nats(t, pool, "req", "work", "10")
    t.equal(code, 0)
    const [sent, received, ...rest] = lines(said)
    t.match([sent, received], ['Sending request on "work"', "Received with rtt 1ms"])
    t.strictSame(rest.slice(0, 2).sort(), [`Pool-Member: ${a.id}`, "Pool-Worker: a"])
    t.match(JSON.parse(rest[2] ?? ""), { worker: "a", role: "leader", payload: 10 })
  },
)

t.test("nats req work '' sends nothing, and that is a payload too", skip, async (t) => {
  const pool = await testPool(t)
  await pool.join("a")
  const { said } = await nats(t, pool, "req", "work", "")
  t.match(JSON.parse(lines(said).at(-1) ?? ""), { worker: "a", payload: "" })
})

t.test("nats req work.leader is answered by the leader, with its term", skip, async (t) => {
  const pool = await testPool(t)
  await pool.joinAll("a", "b", "c")
  const term = await pool.leads("a")
  const { said } = await nats(t, pool, "req", "work.leader", "x")
  t.match(said, new RegExp(`^(\\S+ )?Pool-Term: ${term}$`, "m"))
  t.match(JSON.parse(lines(said).at(-1) ?? ""), { worker: "a", role: "leader", term, payload: "x" })
})

t.test("nats kv ls lists the members in order of seniority, and the claim", skip, async (t) => {
  const pool = await testPool(t)
  const workers = await pool.joinAll("a", "b", "c")
  await pool.leads("a")
  const { said } = await nats(t, pool, "kv", "ls", "pool_work")
  const keys = workers.map(({ member }) => member.key)
  t.strictSame(lines(said).sort(), [...keys, "clock", "leader"])
})

t.test("nats sub work.claim shows who leads, live", skip, async (t) => {
  const pool = await testPool(t)
  const [a] = await pool.joinAll("a", "b")
  await pool.leads("a")
  await pool.heirsAre("b")
  const { flags, env } = setting(t, pool)
  const child = spawn(PROGRAM, [...flags, "sub", "work.claim"], { env })
  t.teardown(() => child.kill("SIGKILL"))
  const claims = createInterface(child.stdout)[Symbol.asyncIterator]()
  const leader = async (name: string) => {
    for (;;) {
      const { value, done } = await claims.next()
      if (done) throw new Error(`it ended before ${name} led`)
      if (value.startsWith("{") && JSON.parse(value).name === name) return JSON.parse(value)
    }
  }
  const before = await leader("a")
  await a?.leave()
  const after = await leader("b")
  const termOf = ({ term, revision }: { term?: number; revision: number }) => term ?? revision
  t.ok(termOf(after) > termOf(before))
  t.match(after, { strategy: "oldest", heirs: [] })
  child.kill("SIGINT")
  await once(child, "close")
})

t.test("nats micro finds every member, and one leader", skip, async (t) => {
  const pool = await testPool(t)
  const [a, b] = await pool.joinAll("a", "b")
  await pool.leads("a")
  const { said: list } = await nats(t, pool, "micro", "ls")
  for (const worker of [a, b]) t.match(list, worker?.id)
  t.equal(list.split("work-leader").length, 2, "one leader")
  const { said: info } = await nats(t, pool, "micro", "info", "work", a?.id ?? "")
  t.match(info, /Service: work \(/)
  t.match(info, /worker: a\n/)
  t.match(info, /Queue Group: workers/)
  await nats(t, pool, "req", "work", "1")
  const { said: stats } = await nats(t, pool, "micro", "stats", "work")
  const requests = [...stats.matchAll(/│ (?:a|b|\w{22}) +│ work +│ (\d+)/g)]
  t.equal(
    requests.reduce((sum, [, count]) => sum + Number(count), 0),
    1,
    stats,
  )
  const { said: ping } = await nats(t, pool, "micro", "ping")
  const found = lines(ping).map((line) => line.split(/ +rtt/, 1)[0] ?? "")
  t.strictSame(found.sort(), [`work ${a?.id}`, `work ${b?.id}`, `work-leader ${a?.id}`].sort())
})

t.test("an error answer is shown as one", skip, async (t) => {
  const pool = await testPool(t)
  await pool.join("a", {
    work: () => {
      throw new BadRequest("no such address")
    },
  })
  const { said } = await nats(t, pool, "req", "work", "x")
  t.match(said, /Nats-Service-Error-Code: 400\n/)
  t.match(said, /Nats-Service-Error: no such address\n/)
})

t.test("nobody there is shown at once", skip, async (t) => {
  const { said } = await nats(t, await testPool(t), "req", "work", "x")
  t.match(said, /No responders are available/)
})

t.test("the README shows what it prints", skip, async (t) => {
  const pool = await testPool(t)
  const [b] = await pool.joinAll("b", "c")
  await pool.leads("b")
  // So that a follower answers simple work, as it does there.
  b?.pause()
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8")
  const samples = [...readme.matchAll(/^\$ nats req (\S+) (\S+)\n((?:.+\n)+(?:\n\{.*\n)?)/gm)]
  t.equal(samples.length, 2)
  for (const [, subject = "", payload = "", shown = ""] of samples) {
    const { said } = await nats(t, pool, "req", subject, payload)
    t.strictSame(shapeOf(said), shapeOf(shown), `nats req ${subject} ${payload}`)
  }
})

/** What is the same each time: the words of each line, and the fields of the answer. */
function shapeOf(said: string): string[] {
  const all = lines(said).map((line) =>
    line.startsWith("{")
      ? Object.keys(JSON.parse(line)).join()
      : line.replace(/^(Pool-\w+: ).*/, "$1"),
  )
  // It prints the headers in any order.
  return [...all.slice(0, 2), ...all.slice(2).sort()]
}
