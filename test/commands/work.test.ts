import t, { type Test } from "tap"
import { runPool, startPool } from "../fixtures/cli.js"
import { testGroup } from "../fixtures/crew.js"
import { Events } from "../fixtures/events.js"
import { type TestPool, testPool } from "../fixtures/pool.js"
import { randomPort, testServer } from "../fixtures/server.js"

/** Runs `pool work` against the server of `pool`. */
function work(t: Test, { server }: Pick<TestPool, "server">, ...args: string[]) {
  return runPool(t, ["work", "--servers", server.url, ...args])
}

t.test("an answer is printed with who gave it and how long it took", async (t) => {
  const pool = await testPool(t)
  await pool.join("a", { work: (job) => `${job.text()}!` })
  t.match(await work(t, pool, "hello"), {
    code: 0,
    out: /^a answered in \d+(\.\d+)? ms: hello!\n$/,
    err: "",
  })
  t.match(await work(t, pool), { code: 0, out: / ms: !\n$/ }, "without a payload it sends nothing")
  t.strictSame(await work(t, pool, "--raw", "x"), { code: 0, out: "x!\n", err: "" })
})

t.test("the leader's answer is printed with its term", async (t) => {
  const pool = await testPool(t)
  const a = await pool.join("a", { leaderWork: (job) => job.text() })
  const term = await pool.leads("a")
  const { out } = await work(t, pool, "--leader", "x")
  t.match(out, new RegExp(`^a \\(leader, term ${term}\\) answered in [\\d.]+ ms: x\n$`))
  const json = await work(t, pool, "--leader", "--json", "x")
  t.match(JSON.parse(json.out), { worker: "a", id: a.id, term, ms: Number, answer: "x" })
})

t.test("--count asks again and again, and ends with who did how many and how fast", async (t) => {
  const pool = await testPool(t)
  await pool.joinAll("a", "b")
  const { code, out, err } = await work(t, pool, "--count", "40", "x")
  t.equal(code, 0)
  t.equal(out.trim().split("\n").length, 40)
  t.match(err, /^40 answers: a \d+, b \d+; median [\d.]+ ms, longest [\d.]+ ms\n$/)
  const json = await work(t, pool, "--count", "3", "--json", "x")
  t.equal(json.err, "", "nothing but JSON")
  t.equal(
    json.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)).length,
    3,
  )
})

t.test("Ctrl-C ends it with what was answered by then", async (t) => {
  const pool = await testPool(t)
  await pool.join("a")
  const asking = startPool(t, ["work", "--count", "1000000", "--servers", pool.server.url, "x"])
  await asking.says(/(.*\n){20}/)
  asking.child.kill("SIGINT")
  const { code, out, err } = await asking.ended()
  t.equal(code, 130)
  const answered = out.trim().split("\n").length
  t.match(
    err,
    new RegExp(
      `^pool: interrupted: the last request may or may not have been done\n${answered} answers: a ${answered}; .*\n$`,
    ),
  )
})

t.test("an error ends it with what was answered by then", async (t) => {
  const pool = await testPool(t)
  let calls = 0
  await pool.join("a", {
    work: () => {
      calls += 1
      if (calls === 3) throw new Error("no disk")
    },
  })
  const { code, err } = await work(t, pool, "--count", "5", "x")
  t.equal(code, 1)
  t.match(err, /^2 answers: a 2; .*\npool: a answered 500: no disk\n$/)
})

t.test(
  "it goes on asking the leader while it is stopped kindly, without a single error",
  async (t) => {
    const group = await testGroup(t)
    await group.start("a", "b", "c")
    await group.leads("a", "b", "c")
    const args = ["--leader", "--json", "--count", "1000000", "--servers", group.server.url, "x"]
    const asking = startPool(t, ["work", ...args])
    await asking.says(/(.*\n){20}/)
    await group.group.supervisor.stop(group.worker("a").pid, 20_000)
    await asking.says(/"worker":"b"(.*\n){20}/)
    // It ends, in order, when nobody reads on.
    asking.child.stdout?.destroy()
    const { code, out, err } = await asking.ended()
    t.equal(err, "")
    t.equal(code, 0)
    const lines = out.split("\n").slice(0, -1)
    const answers = lines.map((line) => JSON.parse(line))
    t.strictSame([...new Set(answers.map(({ worker }) => worker))], ["a", "b"], "first a, then b")
    const terms = answers.map(({ term }) => term)
    t.strictSame(
      terms,
      terms.toSorted((x, y) => x - y),
      "terms never go back",
    )
  },
)

t.test("- reads what is sent from standard input, byte for byte", async (t) => {
  const pool = await testPool(t)
  await pool.join("a", { work: (job) => Buffer.from(job.data).toString("hex") })
  const args = ["work", "--raw", "--servers", pool.server.url, "-"]
  const input = new Uint8Array([0, 255, 10, 228])
  t.strictSame(await runPool(t, args, { input }), { code: 0, out: "00ff0ae4\n", err: "" })
})

t.test("an error answer is exit code 1, and one line that says whose and what", async (t) => {
  const pool = await testPool(t)
  await pool.join("a", {
    work: () => {
      throw new Error("no disk\n\u001b[31mred")
    },
  })
  t.strictSame(await work(t, pool, "x"), {
    code: 1,
    out: "",
    err: "pool: a answered 500: no disk [31mred\n",
  })
})

t.test("nobody there is exit code 3: no workers, no leader, no server", async (t) => {
  const pool = await testPool(t)
  t.strictSame(await work(t, pool, "x"), {
    code: 3,
    out: "",
    err: 'pool: no workers: pool "work" has no ready members; start one with: pool worker\n',
  })
  t.match(await work(t, pool, "--leader", "x"), { code: 3, err: /^pool: no workers: .*\n$/ })
  await pool.join("a", { eligible: false })
  t.strictSame(await work(t, pool, "--leader", "--timeout", "300ms", "x"), {
    code: 3,
    out: "",
    err: 'pool: no leader: nobody led pool "work" within 300 ms; see who is there with: pool members\n',
  })
  const address = `nats://127.0.0.1:${randomPort()}`
  t.strictSame(await runPool(t, ["work", "--servers", address]), {
    code: 3,
    out: "",
    err: `pool: no NATS server at ${address}; start one with: pool server, or name another with --servers\n`,
  })
})

t.test("an answer that does not come in time is exit code 1", async (t) => {
  const pool = await testPool(t)
  await pool.join("a", { work: () => new Promise(() => {}), graceMs: 1 })
  const { code, err } = await work(t, pool, "--timeout", "0.2s", "x")
  t.equal(code, 1)
  t.match(
    err,
    /^pool: no answer on "work" within 200 ms: the request may or may not have been done\n$/,
  )
})

t.test("a payload above what the server takes is refused before it is sent", async (t) => {
  const server = await testServer(t, { config: "max_payload: 1000" })
  const input = "x".repeat(1001)
  const { code, err } = await runPool(t, ["work", "--servers", server.url, "-"], { input })
  t.equal(code, 1)
  t.match(
    err,
    /^pool: payload of 1001 bytes: the server takes at most 1000, .*; send less, or .*\n$/,
  )
})

t.test(
  "wrong credentials are named as such, with what to check, and no secret is shown",
  async (t) => {
    const server = await testServer(t, {
      config: "authorization { user: ann, password: sesame }",
    })
    const args = ["work", "--servers", server.url, "--user", "ann"]
    const { code, err } = await runPool(t, [...args, "--password", "guessed"])
    t.equal(code, 1)
    t.match(err, /^pool: nats:.* refused the credentials; check NATS_USER, NATS_PASSWORD.*\n$/)
    t.notMatch(err, /guessed/)
    t.match(await runPool(t, [...args, "--password", "sesame"]), { code: 3, err: /no workers/ })
  },
)

t.test("it asks no further when nobody reads the answers", async (t) => {
  const pool = await testPool(t)
  await pool.join("a")
  const args = ["work", "--count", "1000000", "--servers", pool.server.url, "x"]
  const asking = startPool(t, args)
  await asking.says(/answered/)
  asking.child.stdout?.destroy()
  t.match(await asking.ended(), { code: 0, err: /^(?!.*Error)/s })
})

t.test(
  "--concurrency asks together, and says how fast that was and who did how much",
  async (t) => {
    const pool = await testPool(t)
    await pool.joinAll("a", "b")
    const many = ["--count", "2000", "--concurrency", "50", "x"]
    const { code, out, err } = await work(t, pool, ...many)
    t.strictSame([code, err], [0, ""])
    const speed = "median [\\d.]+ ms, p99 [\\d.]+ ms, longest [\\d.]+ ms"
    t.match(
      out,
      new RegExp(`^2,000 answers in [\\d.]+ s, [\\d,]+/s: a [\\d,]+, b [\\d,]+; ${speed}\n$`),
    )
    const json = await work(t, pool, "--json", ...many)
    const { answered, failed, workers, ...others } = JSON.parse(json.out)
    t.strictSame([answered, failed, workers.a + workers.b, json.err], [2000, 0, 2000, ""])
    t.match(others, { seconds: Number, perSecond: Number, medianMs: Number, errors: {} })
  },
)

t.test("with --concurrency what fails is counted, and the rest goes on", async (t) => {
  const pool = await testPool(t)
  let calls = 0
  await pool.join("a", {
    work: () => {
      calls += 1
      if (calls % 10 === 0) throw new Error("no disk")
    },
  })
  const { code, out } = await work(t, pool, "--count", "100", "--concurrency", "8", "x")
  t.equal(code, 1)
  t.match(out, /^90 answers in .*\n10 failed: a answered 500: no disk\n$/)
})

t.test("with --concurrency it ends where nobody is there, and at Ctrl-C", async (t) => {
  const pool = await testPool(t)
  const many = ["--count", "1000000", "--concurrency", "8", "x"]
  t.match(await work(t, pool, ...many), {
    code: 3,
    out: /^0 answers in [\d.]+ s\n$/,
    err: /^pool: no workers: .*\n$/,
  })
  const asked = new Events<string>()
  await pool.join("a", { work: (job) => asked.note(job.text()) })
  const asking = startPool(t, ["work", "--servers", pool.server.url, ...many])
  await asked.until((all) => all.length > 100)
  asking.child.kill("SIGINT")
  const { code, out, err } = await asking.ended()
  t.equal(code, 130)
  t.match(out, /^[\d,]+ answers in .*: a [\d,]+; .*\n$/)
  t.match(err, /pool: interrupted: \d+ of 1000000 were not asked\n$/)
  const raw = await work(t, pool, "--raw", ...many)
  t.match(raw, { code: 2, err: /--concurrency <n>.*cannot be used with option '--raw'/ })
})
