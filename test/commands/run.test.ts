import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import t, { type Test } from "tap"
import { built } from "../fixtures/built.js"
import { type RunningCommand, startPool } from "../fixtures/cli.js"
import { tempFolder } from "../fixtures/folder.js"
import { isAlive } from "../fixtures/programs.js"
import { type TestServer, testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

/** Notes in a file that all members share when a program begins, is told to end, and has ended. */
const PROGRAM = `
import { appendFileSync } from "node:fs"
const [log, ...how] = process.argv.slice(2)
const { POOL_NAME, POOL_TERM, POOL_POOL, POOL_MEMBER } = process.env
const note = (what) => appendFileSync(log, [POOL_NAME, what, process.pid].join(" ") + "\\n")
process.on("exit", () => note("ended"))
process.on("SIGTERM", () => {
  note("told")
  if (!how.includes("deaf")) process.exit(0)
})
note("began")
console.log(JSON.stringify({ POOL_NAME, POOL_TERM, POOL_POOL, POOL_MEMBER }))
const [code] = how.filter((word) => /^\\d+$/.test(word))
if (code) process.exitCode = Number(code)
else setInterval(() => {}, 1000)
`

class Runs {
  readonly log: string
  readonly program: string
  readonly server: TestServer
  readonly #t: Test

  constructor(t: Test, server: TestServer) {
    const folder = tempFolder(t)
    this.#t = t
    this.server = server
    this.log = join(folder, "log")
    this.program = join(folder, "program.mjs")
    writeFileSync(this.program, PROGRAM)
    writeFileSync(this.log, "")
    // What a failed test left running must not outlive it.
    t.teardown(() => {
      for (const pid of this.pids()) if (isAlive(pid)) process.kill(pid, "SIGKILL")
    })
  }

  start(name: string, flags: string[] = [], how: string[] = []): RunningCommand {
    const command = [process.execPath, this.program, this.log, ...how]
    const own = ["--name", name, "--servers", this.server.url, "--log-level", "info"]
    return startPool(this.#t, ["run", ...own, ...flags, "--", ...command])
  }

  /** `a began`, `a told`, in order. */
  notes(): string[] {
    return this.#lines().map((line) => line.split(" ").slice(0, 2).join(" "))
  }

  pids(): number[] {
    return this.#lines().map((line) => Number(line.split(" ")[2]))
  }

  async noted(...notes: string[]): Promise<void> {
    const what = notes.join(", ")
    await until(what, () => this.notes().join() === notes.join()).catch((error) => {
      throw new Error(`${error.message}; but: ${this.notes().join(", ")}`)
    })
  }

  #lines(): string[] {
    return readFileSync(this.log, "utf8").trim().split("\n").filter(Boolean)
  }
}

async function runs(t: Test): Promise<Runs> {
  return new Runs(t, await testServer(t))
}

/** The process id of the worker below a `pool run`, which its log tells. */
async function workerOf(command: RunningCommand): Promise<number> {
  return Number((await command.says(/"pid":(\d+)/))[1])
}

const LONG = ["--lease", "60s"]

t.test("the program runs on the leader alone, and learns of its pool", async (t) => {
  const run = await runs(t)
  const a = run.start("a", LONG)
  const said = JSON.parse((await a.says(/^\{"POOL_.*\}$/m))[0])
  t.match(said, { POOL_NAME: "a", POOL_POOL: "work", POOL_TERM: /^\d+$/, POOL_MEMBER: /^\w+$/ })
  const b = run.start("b", LONG)
  await b.says(/joined/)
  a.child.kill("SIGINT")
  const { code } = await a.ended()
  t.equal(code, 0, "Ctrl-C is no failure")
  const next = JSON.parse((await b.says(/^\{"POOL_.*\}$/m))[0])
  t.ok(Number(next.POOL_TERM) > Number(said.POOL_TERM))
  t.strictSame(run.notes(), ["a began", "a told", "a ended", "b began"], "one after the other")
  b.child.kill("SIGTERM")
  t.equal((await b.ended()).code, 0)
})

t.test("a program that succeeds ends it all, and the next one's begins", async (t) => {
  const run = await runs(t)
  const a = run.start("a", LONG, ["0"])
  t.match(await a.ended(), { code: 0 })
  t.strictSame(run.notes(), ["a began", "a ended"])
})

t.test("with --restart never the exit code is the program's", async (t) => {
  const run = await runs(t)
  const a = run.start("a", [...LONG, "--restart", "never"], ["7"])
  t.match(await a.ended(), { code: 7 })
})

t.test(
  "a program that fails gives up the seat, and begins again when it is its turn",
  async (t) => {
    const run = await runs(t)
    const b = run.start("b", LONG)
    await b.says(/^\{"POOL_/m)
    const a = run.start("a", [...LONG, "--backoff", "10ms"], ["3"])
    await a.says(/joined/)
    b.child.kill("SIGINT")
    await b.ended()
    const again = ["a began", "a ended"]
    const thrice = [...again, ...again, "a began"].join()
    await until("it begins a third time", () => run.notes().join().includes(thrice))
    a.child.kill("SIGINT")
    t.equal((await a.ended()).code, 0)
    t.match(a.said(), /ended with exit code 3/)
  },
)

t.test("a failure hands the seat to the other one", async (t) => {
  const run = await runs(t)
  const a = run.start("a", LONG)
  await a.says(/^\{"POOL_/m)
  const b = run.start("b", LONG)
  await b.says(/joined/)
  const [pid = 0] = run.pids()
  process.kill(pid, "SIGKILL")
  await b.says(/^\{"POOL_/m)
  t.match(a.said(), /ended with exit code 137/)
  a.child.kill("SIGINT")
  b.child.kill("SIGINT")
  t.equal((await a.ended()).code, 0)
  t.equal((await b.ended()).code, 0)
})

t.test("a program that is deaf to SIGTERM is killed after its grace time", async (t) => {
  const run = await runs(t)
  const a = run.start("a", [...LONG, "--stop-grace", "200ms"], ["deaf"])
  await a.says(/^\{"POOL_/m)
  const [pid] = run.pids()
  a.child.kill("SIGTERM")
  const { code, err } = await a.ended()
  t.equal(code, 0)
  t.match(err, /did not end within 200 ms after SIGTERM, and was killed/)
  t.strictSame(run.notes(), ["a began", "a told"])
  t.notOk(isAlive(pid ?? 0))
})

t.test("when the worker is killed its program is gone before the next one begins", async (t) => {
  const run = await runs(t)
  const a = run.start("a", LONG, ["deaf"])
  const worker = await workerOf(a)
  await a.says(/^\{"POOL_/m)
  const b = run.start("b", LONG)
  await b.says(/joined/)
  const [pid] = run.pids()
  process.kill(worker, "SIGKILL")
  await b.says(/^\{"POOL_/m)
  t.notOk(isAlive(pid ?? 0))
  t.match(await a.ended(), { code: 1, err: /worker killed by SIGKILL, and its program was killed/ })
  b.child.kill("SIGINT")
  t.equal((await b.ended()).code, 0)
})

t.test("when pool run is killed its program ends, and then the next one begins", async (t) => {
  const run = await runs(t)
  const a = run.start("a", LONG)
  await a.says(/^\{"POOL_/m)
  const b = run.start("b", LONG)
  await b.says(/joined/)
  process.kill(a.pid, "SIGKILL")
  await run.noted("a began", "a told", "a ended", "b began")
  b.child.kill("SIGINT")
  t.equal((await b.ended()).code, 0)
})

t.test(
  "when pool run and its worker are killed a guard ends the program within the lease",
  async (t) => {
    const run = await runs(t)
    const a = run.start("a", ["--lease", "2s"], ["deaf"])
    const worker = await workerOf(a)
    await a.says(/^\{"POOL_/m)
    const b = run.start("b", ["--lease", "2s"])
    await b.says(/joined/)
    const [pid] = run.pids()
    process.kill(a.pid, "SIGKILL")
    process.kill(worker, "SIGKILL")
    await b.says(/^\{"POOL_/m)
    t.notOk(isAlive(pid ?? 0))
    // Once or twice: a worker that lives a moment longer than its parent tells it as well.
    t.strictSame([...new Set(run.notes())], ["a began", "a told", "b began"])
    b.child.kill("SIGINT")
    t.equal((await b.ended()).code, 0)
  },
)

t.test(
  "when the worker stands still its program is killed before its lease is over for others",
  async (t) => {
    const run = await runs(t)
    const a = run.start("a", ["--lease", "2s"], ["deaf"])
    const worker = await workerOf(a)
    await a.says(/^\{"POOL_/m)
    const b = run.start("b", ["--lease", "2s"])
    await b.says(/joined/)
    const [pid] = run.pids()
    process.kill(worker, "SIGSTOP")
    await b.says(/^\{"POOL_/m)
    t.notOk(isAlive(pid ?? 0))
    process.kill(worker, "SIGCONT")
    a.child.kill("SIGINT")
    b.child.kill("SIGINT")
    t.match(a.said(), /did not renew its lease in time; its program was killed/)
    t.equal((await a.ended()).code, 0)
    t.equal((await b.ended()).code, 0)
  },
)

t.test("a program that is not there ends with 127, whatever shall be restarted", async (t) => {
  const { url } = await testServer(t)
  const ran = startPool(t, [
    "run",
    "--servers",
    url,
    "--restart",
    "always",
    "--",
    "no-such-program",
  ])
  t.match(await ran.ended(), { code: 127, err: /no-such-program: no such command/ })
})

t.test("the program has standard input and output to itself", async (t) => {
  const { url } = await testServer(t)
  const args = [built("cli.js"), "run", "--servers", url, "--", "cat"]
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
  child.stdin.end("what goes in")
  const closed = once(child, "close")
  t.equal(await text(child.stdout), "what goes in")
  t.strictSame(await closed, [0, null])
})
