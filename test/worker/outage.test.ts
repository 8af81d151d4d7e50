import t, { type Test } from "tap"
import { startPool } from "../fixtures/cli.js"
import { SHORT_LEASE_MS } from "../fixtures/leases.js"
import { testLocal } from "../fixtures/local.js"
import { testServer } from "../fixtures/server.js"

const MINUTE_MS = 60_000
/** What a worker may write in an outage of a minute. */
const MOST_LINES = 10
const WORKERS = ["a", "b", "c"]

type Local = ReturnType<typeof testLocal>

/** Lets `outage` do what it does for a minute to a pool of three, and returns what each worker would have logged. */
async function during(
  t: Test,
  outage: (it: Local) => Promise<void>,
): Promise<Record<string, string[]>> {
  const it = testLocal(t)
  await it.joinAll(...WORKERS)
  await it.clock.pass(3_000)
  const before = { problems: it.problems.length, news: it.news.length }
  await outage(it)
  await it.clock.pass(10_000)
  const told = [
    ...it.problems.slice(before.problems),
    ...it.news.slice(before.news).map(({ name, leader }) => `${name}: ${leader?.name} leads`),
  ]
  const of = (name: string) => told.filter((line) => line.startsWith(`${name}: `))
  return Object.fromEntries(WORKERS.map((name) => [name, of(name)]))
}

function buckets(it: Local, state: "works" | "hangs" | "fails"): void {
  for (const name of WORKERS) it.bucketOf(name).state = state
}

function connections(it: Local, isUp: boolean): void {
  buckets(it, isUp ? "works" : "hangs")
  for (const name of WORKERS) it.connection(name, isUp)
}

const SHORT = "the bucket comes and goes"
const OUTAGES: Record<string, (it: Local) => Promise<void>> = {
  async "the server is away"(it) {
    connections(it, false)
    await it.clock.pass(MINUTE_MS)
    connections(it, true)
  },
  async "the server is frozen, which shows after a while"(it) {
    buckets(it, "hangs")
    await it.clock.pass(5_000)
    connections(it, false)
    await it.clock.pass(MINUTE_MS)
    connections(it, true)
  },
  async "the bucket is silent"(it) {
    buckets(it, "hangs")
    await it.clock.pass(MINUTE_MS)
    buckets(it, "works")
  },
  async "the bucket refuses"(it) {
    buckets(it, "fails")
    await it.clock.pass(MINUTE_MS)
    buckets(it, "works")
  },
  async "the connection comes and goes"(it) {
    for (let n = 0; n < 60; n += 1) {
      connections(it, n % 2 === 1)
      await it.clock.pass(MINUTE_MS / 60)
    }
  },
  async [SHORT](it) {
    for (let n = 0; n < 60; n += 1) {
      buckets(it, n % 2 === 0 ? "hangs" : "works")
      await it.clock.pass(MINUTE_MS / 60)
    }
    buckets(it, "works")
  },
}

for (const [what, outage] of Object.entries(OUTAGES)) {
  t.test(`for a minute ${what}: no worker writes more than ${MOST_LINES} lines`, async (t) => {
    const told = await during(t, outage)
    for (const [name, lines] of Object.entries(told)) {
      t.comment(`${name}\n${lines.join("\n")}`)
      t.ok(lines.length <= MOST_LINES, `${name}: ${lines.length}`)
      // Whose writes waited out the seconds in which nothing answered has nothing to tell.
      if (what === SHORT && lines.length === 0) continue
      t.ok(
        lines.some((line) => /(again|over after)/.test(line)),
        `${name} says that it is over`,
      )
    }
    t.ok(Object.values(told).some((lines) => lines.length > 0))
  })
}

t.test("a worker says that the server went, why it can't go back, and that it could", async (t) => {
  const server = await testServer(t)
  const lease = ["--lease", `${SHORT_LEASE_MS}ms`]
  const worker = startPool(t, ["worker", "--name", "a", "--servers", server.url, ...lease])
  await worker.says(/"leads"/)
  await server.stop()
  await worker.says(/"does not lead any more"/)
  await worker.says(/ECONNREFUSED/)
  await server.restart()
  await worker.says(/connected again[\s\S]*"leads"/)
  worker.child.kill("SIGTERM")
  const { out, err } = await worker.ended()
  t.equal(err, "")
  const events = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  t.strictSame(
    events
      .filter(({ level }) => level >= 40)
      .map(({ msg, err }) =>
        (err ? `${msg}: ${err.message}` : msg).replace(/after .*|[\d.]+:\d+/g, "X"),
      ),
    [
      "lost the connection to X",
      "can't connect to X: connect ECONNREFUSED X",
      "connected again, to X, X",
    ],
  )
  t.strictSame(
    events.filter(({ err }) => err?.stack),
    [],
    "without stacks",
  )
})
