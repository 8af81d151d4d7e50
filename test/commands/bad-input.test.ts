/** Bad input gets a clear error: one line, what was expected, what came, what to do. And nothing is lost. */
import { Kvm } from "@nats-io/kv"
import t, { type Test } from "tap"
import { bucketSettingsOf } from "../../src/jetstream/bucket-settings.js"
import { type Ended, runPool, startPool } from "../fixtures/cli.js"
import { memberReader, requester } from "../fixtures/requester.js"
import { randomPort, testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

/** Runs the same with several flags at once; resolves with how each ended. */
function runAll(t: Test, command: string, flags: readonly (readonly string[])[]): Promise<Ended[]> {
  // Should it get as far as connecting, it finds nobody.
  const nowhere = ["--servers", `127.0.0.1:${randomPort()}`]
  return Promise.all(flags.map((some) => runPool(t, [command, ...nowhere, ...some])))
}

/** How each must end that is refused with `message`. */
function refusedWith(messages: readonly string[]): Ended[] {
  return messages.map((message) => ({ code: 2, out: "", err: `pool: ${message}\n` }))
}

t.test("names with a dot, a space, or nothing in them", async (t) => {
  const names = ["a.b", "a b", "", "x".repeat(65)]
  t.strictSame(
    await runAll(
      t,
      "worker",
      names.map((name) => ["--name", name]),
    ),
    refusedWith(
      names.map(
        (name) => `worker name: expected 1 to 64 letters, digits, "-" or "_", got "${name}"`,
      ),
    ),
  )
  const pools = ["a.b", "a b", "", "x".repeat(33)]
  t.strictSame(
    await runAll(
      t,
      "members",
      pools.map((pool) => ["--pool", pool]),
    ),
    refusedWith(
      pools.map((pool) => `pool name: expected 1 to 32 letters, digits, "-" or "_", got "${pool}"`),
    ),
  )
})

t.test("a lease that cannot work", async (t) => {
  const flags = [
    ["--lease", "1s", "--renew", "300ms"],
    ["--lease", "100ms"],
    ["--lease", "2h"],
    ["--lease", "-2s"],
    ["--lease", "long"],
    ["--lease", ""],
    ["--renew", "0"],
    ["--replicas", "2"],
    ["--replicas", "x"],
  ]
  const time = "expected a time such as 2s, 500ms or 1m"
  t.strictSame(
    await runAll(t, "worker", flags),
    refusedWith([
      "renewal: expected 10 ms to a quarter of the lease (250 ms), got 300",
      "lease: expected 200 to 3600000 ms, got 100",
      "lease: expected 200 to 3600000 ms, got 7200000",
      `--lease: ${time}, got "-2s"`,
      `--lease: ${time}, got "long"`,
      `--lease: ${time}, got ""`,
      "renewal: expected 10 ms to a quarter of the lease (500 ms), got 0",
      "replicas: expected 1, 3 or 5, got 2",
      '--replicas: expected a whole number from 1, got "x"',
    ]),
  )
})

t.test("numbers, labels and levels that are none", async (t) => {
  const flags = [
    ["--concurrency", "0"],
    ["--label", "zone"],
    ["--log-level", "loud"],
    ["--handler-timeout", "x"],
    ["--handler-timeout", "0"],
    ["--max-stall", "20ms"],
  ]
  t.strictSame(
    await runAll(t, "worker", flags),
    refusedWith([
      '--concurrency: expected a whole number from 1, got "0"',
      '--label: expected key=value, got "zone"',
      '--log-level: expected one of trace, debug, info, warn, error, fatal, silent, got "loud"',
      '--handler-timeout: expected a time such as 2s, 500ms or 1m, got "x"',
      "handler timeout: expected 1 to 2147483647 ms, got 0",
      "longest stall: expected 40 ms or more, got 20",
    ]),
  )
})

t.test("a value that is none of those there are", async (t) => {
  const wrong = {
    "worker --log-level loud":
      '--log-level: expected one of trace, debug, info, warn, error, fatal, silent, got "loud"',
    "worker --lead-returns '": '--lead-returns: expected one of done, release, fail, got "\'"',
    "doctor --role judge":
      '--role: expected one of worker, requester, enqueuer, observer, operator, got "judge"',
    "run --restart x -- true": '--restart: expected one of on-failure, always, never, got "x"',
    "completion ksh": 'shell: expected one of bash, zsh, fish, got "ksh"',
  }
  const ended = Object.keys(wrong).map((line) => runPool(t, line.split(" ")))
  t.strictSame(await Promise.all(ended), refusedWith(Object.values(wrong)))
})

t.test("flags of a worker that mean nothing to a program are none of pool run", async (t) => {
  for (const flag of ["--restarts 1/1m", "--lead-returns fail"]) {
    const { code, err } = await runPool(t, ["run", ...flag.split(" "), "--", "true"])
    t.equal(code, 2)
    t.match(err, /^pool: unknown option /)
  }
})

t.test("no server", async (t) => {
  for (const command of ["worker", "cluster"]) {
    const address = `127.0.0.1:${randomPort()}`
    t.strictSame(await runPool(t, [command, "--servers", address]), {
      code: 3,
      out: "",
      err: `pool: no NATS server at nats://${address}; start one with: pool server, or name another with --servers\n`,
    })
  }
})

t.test("a server without JetStream", async (t) => {
  const server = await testServer(t, { jetstream: false })
  for (const command of ["worker", "members", "leader"]) {
    const { code, out, err } = await runPool(t, [command, "--servers", server.url])
    t.match({ code, out }, { code: 1, out: "" }, command)
    t.match(err, /^pool: JetStream is off at .*; start the server with --jetstream, or: .*\n$/)
  }
})

t.test("wrong credentials", async (t) => {
  const server = await testServer(t, { config: "authorization { token: sesame }" })
  for (const command of ["worker", "cluster", "leader"]) {
    const args = [command, "--servers", server.url, "--token", "guessed"]
    const { code, out, err } = await runPool(t, args)
    t.match({ code, out }, { code: 1, out: "" }, command)
    t.match(err, /^pool: \S+ refused the credentials; check NATS_USER, .*\n$/)
    t.notMatch(err, "guessed", "the secret is not shown")
  }
})

t.test("more replicas than the server can have", async (t) => {
  const server = await testServer(t)
  const { code, err } = await runPool(t, ["worker", "--servers", server.url, "--replicas", "3"])
  t.equal(code, 1)
  t.match(err, /^pool: .*replicas.*\n$/)
})

t.test(
  "a bucket that somebody else made with other settings is reported and adjusted",
  async (t) => {
    const server = await testServer(t)
    const connection = await requester(t, server.url)
    await new Kvm(connection).create("pool_work", { ttl: 3_600_000, history: 5 })
    const worker = startPool(t, ["worker", "--name", "a", "--servers", server.url])
    await worker.says(/"msg":"leads"/)
    worker.child.kill("SIGTERM")
    const { code, out } = await worker.ended()
    t.equal(code, 0)
    const warnings = out.match(/"msg":"bucket .*?"/g) ?? []
    t.strictSame(warnings.sort(), [
      `"msg":"bucket pool_work: history was 5, is 1 now"`,
      `"msg":"bucket pool_work: ttlMs was 3600000, is 6000 now"`,
    ])
    t.strictSame(await bucketSettingsOf(connection, "pool_work"), {
      ttlMs: 6000,
      replicas: 1,
      history: 1,
    })
  },
)

t.test("two workers of the same name are two members, told apart by id", async (t) => {
  const server = await testServer(t)
  const start = () => startPool(t, ["worker", "--name", "twin", "--servers", server.url])
  const first = start()
  await first.says(/"msg":"leads"/)
  const second = start()
  await second.says(/"msg":"joined"/)
  const members = await (await memberReader(t, server.url))()
  t.strictSame(
    members.map(({ name }) => name),
    ["twin", "twin"],
  )
  t.not(members[0]?.id, members[1]?.id)
  first.child.kill("SIGTERM")
  await second.says(/"msg":"leads"/)
  second.child.kill("SIGTERM")
  t.match(await Promise.all([first.ended(), second.ended()]), [{ code: 0 }, { code: 0 }])
})

t.test("an entry that is no JSON stops nobody, and is told of once", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const bucket = await new Kvm(connection).create("pool_work")
  const worker = startPool(t, ["worker", "--name", "a", "--servers", server.url])
  await worker.says(/"msg":"leads"/)
  await bucket.put("1700000000000000.z", "{{{")
  await worker.says(/ignored the entry 1700000000000000\.z/)
  const follower = startPool(t, ["worker", "--name", "b", "--servers", server.url])
  await follower.says(/"msg":"joined"/)
  const entryOf = async () => new TextDecoder().decode((await bucket.get("leader"))?.value)
  await until("the line is ranked again", async () => (await entryOf()).includes(".b"))
  follower.child.kill("SIGTERM")
  worker.child.kill("SIGTERM")
  const ended = await Promise.all([worker.ended(), follower.ended()])
  t.match(ended, [{ code: 0 }, { code: 0 }])
  t.equal(ended[0].out.split("ignored the entry").length, 2, ended[0].out)
})
