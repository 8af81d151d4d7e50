/** Whatever a program gives for a job is used as it is meant, or refused in one line before anything is stored. */
import { headers } from "nats"
import t from "tap"
import type { QueueJob } from "../../src/jobs/contract/queue-job.js"
import type { EnqueueOptions } from "../../src/jobs/enqueue-options.js"
import { Events } from "../fixtures/events.js"
import { testJobs } from "../fixtures/jobs.js"
import { settled } from "../fixtures/manual-clock.js"

const MAX = 1024 * 1024
/** What JavaScript gives though the compiler would not. */
const any = (value: unknown) => value as never

t.test("what no queue can be called is refused", async (t) => {
  const { client } = testJobs(t)
  const names = [
    "a b",
    "a.b",
    "*",
    ">",
    "",
    "ü",
    "x".repeat(65),
    "a\r\nNats-Rollup: all",
    5,
    null,
    {},
  ]
  for (const name of [...names, undefined]) {
    const message = /^queue: expected 1 to 64 letters, digits, "-" or "_", got .*$/
    await t.rejects(client.enqueue(any(name), 1), { code: "bad-input", message })
    await t.rejects(client.job(any(name), "1"), { code: "bad-input", message })
  }
})

t.test("any text is a key: what differs is told apart, and a queue has its own", async (t) => {
  const { client } = testJobs(t)
  const texts = [
    "a b",
    "a.b",
    "*",
    ">",
    "a\nb",
    "a\r\nNats-Rollup: all",
    "💥☃",
    "\u0000",
    "=",
    "a=20b",
  ]
  texts.push("x".repeat(10_000), `${"x".repeat(10_000)}y`, "__proto__")
  const ids = new Set<string>()
  for (const unique of texts) {
    const first = await client.enqueue("a", 1, { unique })
    const again = await client.enqueue("a", 2, { unique })
    const other = await client.enqueue("b", 1, { unique })
    t.strictSame([first.already, again.already, other.already], [false, true, false], unique)
    t.equal(again.id, first.id)
    t.match(first.id, /^[A-Za-z0-9_=-]{1,128}\.[A-Za-z0-9_=-]+$/)
    t.match(await again.state(), { state: "waiting" })
    ids.add(first.id)
  }
  t.equal(ids.size, texts.length)
  for (const unique of ["", 5, {}, null, ["a"], Symbol("a"), Number.NaN]) {
    await t.rejects(client.enqueue("a", 1, any({ unique })), {
      message: /^unique: expected (some )?text, got /,
    })
  }
})

t.test("options that can't be meant are refused, by their names", async (t) => {
  const { client, local } = testJobs(t)
  const refused: Record<string, unknown[]> = {
    attempts: [1e300, 0, 1.5, Number.NaN, "3", -1, Number.POSITIVE_INFINITY],
    backoffMs: [[1, "x"], 0, 1e12, Number.NaN],
    delayMs: [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e15, "1s"],
    priority: [3, -1, 1.5, "high", Number.NaN],
    keepResultMs: [0, 0.5, 1e300, Number.NaN],
    timeoutMs: [0, Number.NaN, 2 ** 31],
    id: ["a b", "*", ">", "", "x".repeat(200), 5, "a.b", "a\r\nb", null],
    headers: [5, { "a\r\nb": "x" }, { a: "x\r\ny: z" }, { "": "x" }, { a: 5 }],
    nope: [1],
  }
  for (const [name, values] of Object.entries(refused)) {
    for (const value of values) {
      const message = new RegExp(`^(${name}|options of a job): expected .*, got .+$`)
      const enqueued = client.enqueue("a", 1, any({ [name]: value }))
      await t.rejects(enqueued, { code: "bad-input", message }, name)
    }
  }
  for (const options of [null, 5, "x", []]) {
    await t.rejects(client.enqueue("a", 1, any(options)), { code: "bad-input" })
  }
  t.strictSame(await (await local.jobs("work")).counts(), [], "nothing was stored")
  const accepted: EnqueueOptions[] = [{ attempts: 1e9 }, { headers: { a: "ü 💥" } }]
  for (const options of accepted) await client.enqueue("a", 1, options)
})

t.test("headers that say how a message is stored are no program's", async (t) => {
  const { client, join, local } = testJobs(t)
  for (const name of ["Nats-TTL", "nats-rollup", "Pool-Job-Failures", "Nats-Schedule"]) {
    const expected = /^headers: expected names that begin neither with Nats- nor with Pool-Job-/
    await t.rejects(client.enqueue("a", 1, { headers: { [name]: "1s" } }), { message: expected })
  }
  const seen = new Events<QueueJob>()
  await join("a", { jobs: { a: (job) => seen.note(job) } })
  const others = headers()
  for (const name of ["Nats-TTL", "Pool-Job-Failures", "Pool-Job-Id", "own"]) others.set(name, "9")
  const { id } = await client.enqueue("a", 1, { headers: others })
  await local.drain()
  t.match(seen.all, [{ id, attempt: 1 }], "of another message only its own words go along")
  t.equal(seen.all[0]?.headers?.get("own"), "9")
  t.equal(seen.all[0]?.headers?.has("Nats-TTL"), false)
})

t.test(
  "a job leaves room for what is noted of it later; all else is refused at the door",
  async (t) => {
    const { client, join, local, clock } = testJobs(t)
    const tooLarge = {
      code: "payload-too-large",
      message: /the server takes at most 1048576, .*; send less/,
    }
    await t.rejects(client.enqueue("a", Buffer.alloc(MAX)), tooLarge)
    await t.rejects(client.enqueue("a", 1, { headers: { x: "y".repeat(MAX) } }), tooLarge)
    await join("a", {
      jobs: {
        a: () => {
          throw new Error(`no ${"☃".repeat(10_000)}`)
        },
      },
    })
    const options = {
      attempts: 2,
      backoffMs: 100,
      headers: { x: "y".repeat(1000) },
      unique: "ü".repeat(9),
    }
    const job = await client.enqueue("a", Buffer.alloc(MAX - 4096 - 1100), options)
    await local.drain()
    await clock.pass(1_000)
    await local.drain()
    t.match(await job.state(), { state: "dead", failures: 2 })
  },
)

t.test("of many, those that can't be stored are told, with why", async (t) => {
  const { client } = testJobs(t)
  await t.rejects(client.enqueueMany("a", ["x", Buffer.alloc(2 * MAX), "y"]), {
    code: "not-all-enqueued",
    missing: [1],
    message: /^1 of 3 jobs for queue "a" were not enqueued \(payload of .*\); enqueue these again$/,
  })
  for (const payloads of [null, "abc", 5, {}, undefined]) {
    await t.rejects(client.enqueueMany("a", any(payloads)), {
      message: /^payloads: expected a list of payloads, .*, got /,
    })
  }
})

t.test("what can be no job's id is refused, and what is none is gone", async (t) => {
  const { client } = testJobs(t)
  for (const id of ["", "a b", "*", ">", "a.b.c", "a\r\nb", null, 5]) {
    await t.rejects(client.job("a", any(id)), { message: /^id: expected the id of a job, got / })
  }
  for (const id of ["nope", "a.b", "seq-0", "seq-99999999999999999999"]) {
    const job = await client.job("a", id)
    t.match(await job.state(), { state: "gone" })
    t.equal(await job.cancel(), false)
  }
})

t.test("a reason is one line, and no longer than a reason is", async (t) => {
  const { client, join } = testJobs(t)
  const reasons = new Events<string>()
  const a = ({ signal }: QueueJob) =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        reasons.note((signal.reason as { reason: string }).reason)
        reject(signal.reason)
      }),
    )
  await join("a", { jobs: { a } })
  for (const reason of ["a\r\nNats-Rollup: all\r\n\r\n☃💥", "r".repeat(2 * MAX)]) {
    const job = await client.enqueue("a", 1)
    const result = job.result().catch((error) => error.reason)
    await settled()
    t.equal(await job.cancel(reason), true)
    const [told, fired] = [await result, reasons.all.at(-1)]
    t.equal(told, fired)
    t.match(told, /^[^\r\n]{1,501}$/)
  }
  t.equal(reasons.all[0], "a Nats-Rollup: all ☃💥")
})

t.test("queues that can't be meant keep a worker from joining, in one line", async (t) => {
  const { join } = testJobs(t)
  const handler = () => 1
  const named = /^(jobs(\.a(\.handler)?)?|queue): expected .*, got .+$/
  const lists = [null, 5, "x", [handler], new Map([["a", handler]]), { a: 5 }, { a: null }]
  for (const jobs of [...lists, { a: {} }, { "a b": handler }, { "": handler }]) {
    await t.rejects(join("a", { jobs: any(jobs) }), { code: "bad-input", message: named })
  }
  const refused: Record<string, unknown[]> = {
    concurrency: [0, -1, 1.5, Number.NaN, "3", Number.POSITIVE_INFINITY, 1e300],
    limit: [0, 1e300, Number.NaN],
    leaseMs: [5, 1e9, Number.NaN, "6s"],
    timeoutMs: [0, 2 ** 31, Number.NaN],
    concurency: [3],
  }
  for (const [name, values] of Object.entries(refused)) {
    for (const value of values) {
      const message = new RegExp(
        `^(jobs\\.a\\.${name}: expected .*, got .+|options of a queue: expected .*, got "jobs\\.a\\.${name}")$`,
      )
      const jobs = any({ a: { handler, [name]: value } })
      await t.rejects(join("a", { jobs }), { code: "bad-input", message }, name)
    }
  }
  for (const cron of [null, 5, "x", [], new Map(), { n: null }, { "a b": {} }]) {
    const message = /^(options of )?cron(\.n)?: expected .*, got .+$/
    await t.rejects(join("a", { cron: any(cron) }), { code: "bad-input", message })
  }
})
