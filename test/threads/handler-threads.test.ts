import { once } from "node:events"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { BroadcastChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads"
import { headers, type MsgHdrs } from "nats"
import t, { type Test } from "tap"
import { stackOf } from "../../src/errors/thrown.js"
import { HandlerTimeout } from "../../src/errors/work-errors.js"
import type { Leadership, Published } from "../../src/lease/leadership.js"
import { Seal } from "../../src/protocol/reply.js"
import type { HandlerThreads } from "../../src/threads/handler-threads.js"
import type { Handlers } from "../../src/work/handler.js"
import type { Job } from "../../src/work/job.js"
import { TakenRequest } from "../../src/work/taken-request.js"
import { built } from "../fixtures/built.js"
import { tempFolder } from "../fixtures/folder.js"
import { SHORT_LEASE_MS } from "../fixtures/leases.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { testPool } from "../fixtures/pool.js"
import { TestReign } from "../fixtures/reign.js"
import { requester } from "../fixtures/requester.js"
import { until } from "../fixtures/until.js"

const MODULE = join(import.meta.dirname, "../fixtures/threaded.mjs")
const MEMBER = { id: "A1", name: "a" }

// What loads TypeScript into this process would take threads seconds to begin with.
process.execArgv.length = 0

/** Handlers in threads; what is built, for a thread runs no TypeScript. */
async function threaded(t: Test, threads: number, report: (...told: unknown[]) => void = () => {}) {
  const opened = await (await handlerThreads()).open(MODULE, threads, { report })
  t.teardown(() => opened.close())
  const { work, leaderWork } = opened.handlers as Required<Handlers>
  return {
    work: async (job: Job) => bytesIn(await work(job)),
    leaderWork: async (job: Job, leadership: Leadership) =>
      bytesIn(await leaderWork(job, leadership)),
  }
}

/** Whose text `String` tells. */
const bytesIn = (answer: unknown) => Buffer.from(answer as Uint8Array)

async function handlerThreads(): Promise<typeof HandlerThreads> {
  return (await import(built("threads/handler-threads.js"))).HandlerThreads
}

/** Resolves when a handler says that it has begun. */
async function begins(): Promise<void> {
  const channel = new BroadcastChannel("begun")
  await new Promise<void>((resolve) => {
    channel.onmessage = () => resolve()
  })
  channel.close()
}

function job(text: string, hdrs?: MsgHdrs): TakenRequest {
  // Bytes in the midst of others, as a connection delivers them.
  const data = new TextEncoder().encode(`<<${text}>>`).subarray(2, -2)
  const message = { subject: "work", data, ...(hdrs && { headers: hdrs }), respond: () => true }
  return new TakenRequest(message, new Seal(MEMBER), 0)
}

t.test("what stays in the worker's own thread is there as the module has it", async (t) => {
  const file = join(tempFolder(t), "stays.mjs")
  writeFileSync(file, "export const lead = () => {}, jobs = { send: () => 'sent' }")
  const opened = await (await handlerThreads()).open(file, 1)
  t.teardown(() => opened.close())
  t.strictSame(Object.keys(opened.handlers).sort(), ["jobs", "lead"])
  t.strictSame(Object.keys(opened.handlers.jobs ?? {}), ["send"])
})

t.test("a job is the same in a thread, and so is its answer", async (t) => {
  const { work } = await threaded(t, 1)
  const hdrs = headers()
  hdrs.set("traceparent", "00-1-2-01")
  t.equal(String(await work(job("header traceparent", hdrs))), "00-1-2-01")
  t.strictSame(JSON.parse(String(await work(job("member")))), MEMBER)
  t.equal(String(await work(job(`{"to":"ann"}`))), `{"to":"ann"}`)
  t.equal(String(await work(job("header none"))), "")
  for (const bytes of ["bytes", "view", "memory"]) {
    t.strictSame([...(await work(job(bytes)))], [1, 2, 3], bytes)
  }
})

t.test("what goes wrong in a thread is answered as if it had not been in one", async (t) => {
  const { work } = await threaded(t, 1)
  await t.rejects(work(job("gone")), { status: 410, message: "gone" })
  await t.rejects(work(job("no json")), { status: 400, message: "the payload is not JSON" })
  await t.rejects(work(job("circle")), {
    status: 500,
    message: /JSON can hold: answer\.circle leads back/,
  })
  await t.rejects(work(job("exit")), "a thread that ends costs its request")
  t.match(String(await work(job("thread"))), /^\d+$/, "and no other: there is a new thread")
})

t.test("a thread that fails outside of its handler costs that thread alone", async (t) => {
  const told: [problem: string, stack: string][] = []
  const report = (problem: unknown, error: unknown) => told.push([String(problem), stackOf(error)])
  const { work } = await threaded(t, 1, report)
  const inTimers = ["error", "list", "proxy", "symbol", "function", "null"].map(
    (it) => `timer ${it}`,
  )
  for (const deed of [...inTimers, "rejection error", "rejection undefined"]) {
    const error = { status: 500, message: /^the thread ended before the answer \(/ }
    await t.rejects(work(job(deed)), error, deed)
    t.match(String(await work(job("thread"))), /^\d+$/, "and no other: there is a new thread")
  }
  const ended = "a thread ended, with a request in it; a new one begins"
  t.strictSame([...new Set(told.map(([problem]) => problem))], [ended])
  t.match(told[0]?.[1], /^Error: mine\n +at .*threaded\.mjs/, "with its stack")
})

t.test("so does one that fails while it has nothing to do", async (t) => {
  let tell: (told: unknown[]) => void = () => {}
  const { work } = await threaded(t, 1, (...told) => tell(told))
  for (const kind of ["error", "null", "exit"]) {
    const told = new Promise<unknown[]>((resolve) => {
      tell = resolve
    })
    const before = await work(job(`failLater ${kind}`))
    const channel = new BroadcastChannel("fail")
    channel.postMessage("now")
    const [problem] = await told
    channel.close()
    t.equal(problem, "a thread ended, with nothing to do; a new one begins")
    t.not(await work(job("thread")), before)
  }
})

t.test("what runs in other threads goes on", async (t) => {
  const { work } = await threaded(t, 2)
  const began = begins()
  const other = work(job("told"))
  await began
  await t.rejects(work(job("timer error")), { name: "ThreadEnded", message: /\(mine\)/ })
  const channel = new BroadcastChannel("tell")
  channel.postMessage("now")
  t.equal(String(await other), "told")
  channel.close()
})

t.test("a module that a thread can't load is refused before the worker joins", async (t) => {
  const path = t.testdir({
    "here.mjs": `import { isMainThread } from "node:worker_threads"
if (!isMainThread) throw Object.assign(new Error(), { message: ["no", "screen"] })
export const work = () => {}`,
  })
  const threads = await handlerThreads()
  await t.rejects(threads.open(join(path, "here.mjs"), 2), {
    name: "BadHandler",
    message: /: in a thread it can't be loaded: no; screen; it must export/,
  })
})

t.test("threads begin again though their module could not be loaded for a while", async (t) => {
  const folder = t.testdir({
    tries: "",
    "here.mjs": `import { appendFileSync, existsSync } from "node:fs"
import { threadId } from "node:worker_threads"
const beside = (name) => new URL(name, import.meta.url)
appendFileSync(beside("tries"), "x")
if (existsSync(beside("exits"))) process.exit(0)
if (existsSync(beside("fails"))) throw new Error("not now")
export const work = (job) => job.text() === "exit" ? process.exit(0) : threadId`,
  })
  const threads = await (await handlerThreads()).open(join(folder, "here.mjs"), 2, {
    report: () => {},
  })
  t.teardown(() => threads.close())
  const ask = async (text: string) => threads.handlers.work?.(job(text))
  const tries = () => readFileSync(join(folder, "tries"), "utf8").length
  for (const how of ["exits", "fails"]) {
    writeFileSync(join(folder, how), "")
    const before = tries()
    await t.rejects(ask("exit"), { name: "ThreadEnded" })
    await until("it was tried twice", () => tries() > before + 1)
    rmSync(join(folder, how))
    // What one that fails is given meanwhile is lost with it.
    const isAnswered = () => ask("").then(Boolean, () => false)
    await until("both answer", async () => (await isAnswered()) && (await isAnswered()))
  }
})

t.test("one computes in each thread, and nothing waits for them here", async (t) => {
  const { work } = await threaded(t, 2)
  const computing = [work(job("compute 300")), work(job("compute 300"))]
  let turns = 0
  const counting = setInterval(() => {
    turns += 1
  }, 10)
  const threads = await Promise.all(computing)
  clearInterval(counting)
  t.equal(new Set(threads).size, 2)
  t.ok(turns > 3, `the loop went round ${turns} times meanwhile`)
})

t.test("the signal fires in the thread, with its reason", async (t) => {
  const { work } = await threaded(t, 1)
  const late = job("aborted")
  const begun = begins()
  const answer = work(late)
  await begun
  late.abort(new HandlerTimeout(20))
  await t.rejects(answer, { message: /^no result within 20 ms/ })
  const given = job("thread")
  given.abort(new HandlerTimeout(20))
  await t.rejects(work(given), { message: /^no result within 20 ms/ }, "and it is not begun then")
})

t.test("a handler that never looks at its signal is ended with its thread", async (t) => {
  const { work } = await threaded(t, 1)
  const endless = job("forever")
  const begun = begins()
  const answer = work(endless)
  await begun
  endless.abort(new HandlerTimeout(20))
  await t.rejects(answer, { name: "AbortError" })
  t.match(String(await work(job("thread"))), /^\d+$/, "and its place is taken")
})

t.test("a thread knows how its reign stands, even while it computes", async (t) => {
  const { leaderWork } = await threaded(t, 1)
  const reign = new TestReign(new ManualClock(), 7)
  const told = await leaderWork(job("reign"), reign)
  t.strictSame(JSON.parse(String(told)), { term: 7, leads: true, remains: true })
  const begun = begins()
  const answer = leaderWork(job("until it is over"), reign)
  await begun
  reign.end("handed over")
  t.strictSame(JSON.parse(String(await answer)), { remains: true }, "while it winds down")
})

t.test("a handler that only looks at its signal, without a pause, sees the end", async (t) => {
  const { leaderWork } = await threaded(t, 1)
  const reign = new TestReign(new ManualClock(), 7)
  const tracked = job("until its signal fires")
  const begun = begins()
  const answer = leaderWork(tracked, reign)
  await begun
  reign.end("preempted")
  tracked.abort(reign.signal.reason)
  t.strictSame(JSON.parse(String(await answer)), { reason: "preempted", job: true })
})

t.test("where the worker stands still its threads see that the lease is over", async (t) => {
  const { leaderWork } = await threaded(t, 1)
  const channel = new BroadcastChannel("begun")
  const answer = leaderWork(job("until its signal fires"), new TestReign(new ManualClock(), 7, 200))
  await once(channel, "message")
  // Nothing else runs here until the handler says that it saw the end.
  while (!receiveMessageOnPort(channel as unknown as MessagePort));
  channel.close()
  t.strictSame(JSON.parse(String(await answer)), { reason: "lease over", job: true })
})

t.test("the end of a reign is heard in its threads, with its reason", async (t) => {
  const { leaderWork } = await threaded(t, 1)
  const reign = new TestReign(new ManualClock(), 7)
  const tracked = job("end")
  const begun = begins()
  const answer = leaderWork(tracked, reign)
  await begun
  reign.end("preempted")
  tracked.abort(reign.signal.reason)
  t.strictSame(JSON.parse(String(await answer)), {
    name: "ReignEnded",
    reason: "preempted",
    job: true,
  })
})

t.test("what a thread publishes is published by its worker", async (t) => {
  const { leaderWork } = await threaded(t, 1)
  const published: unknown[] = []
  class PublishingReign extends TestReign {
    override async publish(
      ...[subject, payload]: [subject?: string, payload?: unknown]
    ): Promise<Published> {
      published.push([subject, String(bytesIn(payload))])
      return { stream: "POOL_work_fenced", seq: 2 }
    }
  }
  const reign = new PublishingReign(new ManualClock(), 7)
  const told = await leaderWork(job("publish"), reign)
  t.strictSame(JSON.parse(String(told)), { stream: "POOL_work_fenced", seq: 2 })
  t.strictSame(published, [["done", `{"term":7}`]])
  const refused = leaderWork(job("publish"), new TestReign(new ManualClock(), 7))
  await t.rejects(refused, { status: 500, message: "this reign publishes nothing" })
})

t.test(
  "a number of threads that can't be is refused, and a module that can't be used",
  async (t) => {
    const Threads = await handlerThreads()
    await t.rejects(Threads.open(MODULE, 0), {
      message: "threads: expected a whole number from 1, got 0",
    })
    await t.rejects(Threads.open("./nothing.mjs", 1), { code: "bad-handler" })
  },
)

t.test("a leader keeps its seat while its handlers compute for three leases", async (t) => {
  const leaseMs = SHORT_LEASE_MS
  const pool = await testPool(t)
  const handlers = await threaded(t, 1)
  const leader = await pool.join("a", { ...handlers, leaseMs, concurrency: 1 })
  await pool.leads("a")
  await pool.join("b", { leaseMs, eligible: true, concurrency: 1, ...handlers })
  await pool.heirsAre("b")
  const client = await requester(t, pool.server.url)
  const computing = client.request("work.leader", `compute ${3 * leaseMs}`, { timeout: 20_000 })
  await computing
  t.ok(leader.isLeader)
  t.strictSame(pool.reigns.all.length, 1, "and nobody led in between")
})

t.test("threads for which the system has no room are an error that says so", async (t) => {
  const { execArgv } = process
  t.teardown(() => {
    process.execArgv = execArgv
  })
  // As when there are too many: no thread can begin with this.
  process.execArgv = ["--no-such-flag"]
  await t.rejects((await handlerThreads()).open(MODULE, 2), {
    name: "PoolError",
    message: /^2 threads could not be started: .*--no-such-flag/,
  })
})
