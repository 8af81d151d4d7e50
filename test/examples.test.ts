import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import t, { type Test } from "tap"
import { hearClaims } from "../src/protocol/announcements.js"
import type { StandingClaim } from "../src/protocol/claim.js"
import { namesOf } from "../src/protocol/names.js"
import { built } from "./fixtures/built.js"
import { type CommandOptions, type RunningCommand, startNode } from "./fixtures/cli.js"
import { Events } from "./fixtures/events.js"
import { requester } from "./fixtures/requester.js"
import { type TestServer, testServer } from "./fixtures/server.js"

const EXAMPLES = join(import.meta.dirname, "../examples")

// They import the package as users do, that is what is built of it.
built("index.js")

interface Example extends RunningCommand {
  /** What it says on standard output. */
  readonly lines: Events<string>
}

/** Starts an example, which notes what it says in `lines`. */
function start(
  t: Test,
  args: readonly string[],
  env: CommandOptions["env"] = {},
  lines = new Events<string>(),
): Example {
  const example = startNode(t, args, { env, folder: EXAMPLES })
  createInterface({ input: example.child.stdout as Readable }).on("line", lines.note)
  return { ...example, lines }
}

/** Starts two of an example, of which the first leads; what either says is noted in one place. */
async function startTwo(t: Test, server: TestServer, file: string, pool: string, env = {}) {
  const lines = new Events<string>()
  const one = () => start(t, [file], { NATS_URL: server.url, ...env }, lines)
  const connection = await requester(t, server.url)
  const claims = new Events<StandingClaim>()
  hearClaims(connection, namesOf(pool), claims.note)
  await connection.flush()
  const first = one()
  await claims.one(() => true)
  const second = one()
  await claims.one(({ claim }) => claim.heirs.length === 1)
  return { lines, first, second, connection }
}

t.test("back pressure: all is done, and nobody has more than they can take", async (t) => {
  const server = await testServer(t)
  const example = start(t, ["back-pressure.js"], { NATS_URL: server.url })
  t.equal((await example.ended()).code, 0)
  const baked = example.lines.all.map((line) => /^[ab] baked (\d+), at most 2 at/.exec(line)?.[1])
  t.equal(
    baked.reduce((sum, count) => sum + Number(count), 0),
    20,
  )
})

t.test("progress: what a handler tells arrives before its answer", async (t) => {
  const server = await testServer(t)
  const example = start(t, ["progress.js"], { NATS_URL: server.url })
  t.equal((await example.ended()).code, 0)
  t.strictSame(example.lines.all, [
    ...["page 1 of 3", "page 2 of 3", "page 3 of 3"],
    `done: {"written":3}`,
  ])
})

t.test(
  "a cron has one job for each tick, whoever leads, also when a leader is killed",
  async (t) => {
    const server = await testServer(t)
    const env = { AT: "* * * * * *" }
    const { lines, first, second } = await startTwo(t, server, "cron.js", "cron", env)
    await lines.until((all) => all.length >= 2)
    first.child.kill("SIGKILL")
    await first.ended()
    const before = lines.all.length
    await lines.until((all) => all.length >= before + 4)
    second.child.kill("SIGTERM")
    t.equal((await second.ended()).code, 0)
    const ticks = lines.all.map((line) => Date.parse(line.split(": ")[0] as string) / 1_000)
    // One that was taken by who was killed is done later by another.
    const [from, until] = [Math.min(...ticks), Math.max(...ticks)]
    const missing = Array.from({ length: until - from }, (_, n) => from + n).filter(
      (tick) => !ticks.includes(tick),
    )
    t.equal(new Set(ticks).size, ticks.length, "none is doubled")
    t.ok(
      missing.length <= 1,
      `at most what the killed one had in hand is still to come: ${missing}`,
    )
  },
)

t.test("a consumer of which one runs: all is read in order, across a killed leader", async (t) => {
  const server = await testServer(t)
  const { lines, first, second, connection } = await startTwo(
    t,
    server,
    "singleton-consumer.js",
    "books",
  )
  for (let n = 0; n < 3; n++) await connection.request("orders.new", "tea")
  await lines.until((all) => all.length >= 3)
  first.child.kill("SIGKILL")
  await first.ended()
  for (let n = 0; n < 3; n++) await connection.request("orders.new", "tea")
  await lines.until((all) => all.some((line) => line.endsWith("orders.new 6")))
  second.child.kill("SIGTERM")
  t.equal((await second.ended()).code, 0)
  const seqs = lines.all.map((line) => Number(line.split(" ").at(-1)))
  t.strictSame(
    seqs,
    seqs.toSorted((a, b) => a - b),
  )
  t.strictSame([...new Set(seqs)], [1, 2, 3, 4, 5, 6])
})

t.test(
  "jobs that were enqueued while nobody served them are done once somebody does",
  async (t) => {
    const server = await testServer(t)
    const env = { NATS_URL: server.url }
    const producer = start(t, ["enqueue.js"], env)
    await producer.lines.one((line) => line === "stored: 3, and one was there: true")
    const worker = start(t, ["jobs.js"], env)
    t.equal((await producer.ended()).code, 0)
    const done = ["ann", "bob", "eve"].map((sent) => `done: ${JSON.stringify({ sent })}`)
    t.strictSame(producer.lines.all.slice(1), done)
    const sent = worker.lines.all.map((line) =>
      /to (\w+), attempt (\d)$/.exec(line)?.slice(1).join(),
    )
    t.strictSame(sent.toSorted(), ["ann,1", "bob,1", "bob,2", "eve,1"])
    worker.child.kill("SIGTERM")
    t.equal((await worker.ended()).code, 0)
  },
)

t.test("tests with a local pool pass, without a server", async (t) => {
  const example = start(t, ["--test", "local-pool.test.js"], { NODE_TEST_CONTEXT: undefined })
  t.equal((await example.ended()).code, 0)
  t.ok(example.lines.all.some((line) => /pass 1$/.test(line)))
})
