/** Commands about jobs and cron that can't do what they are asked: one line, what to do, and a code that is not 0. */
import t from "tap"
import { isAtLeast } from "../../../src/nats/server-version.js"
import { runPool } from "../../fixtures/cli.js"
import { testPool } from "../../fixtures/pool.js"
import { testServer } from "../../fixtures/server.js"

t.test(
  "flags and arguments of subcommands are said to be wrong as those of all others",
  async (t) => {
    const wrong = {
      "cron add n @daily":
        "required option '--job <queue>' not specified; see: pool cron add --help",
      "cron add n @daily --job q --missed x": '--missed: expected one of skip, once, all, got "x"',
      "jobs show": "missing required argument 'id'; see: pool jobs show --help",
      "jobs cancel a b":
        "too many arguments for 'cancel'. Expected 1 argument but got 2; see: pool jobs cancel --help",
      "enqueue q x --in 900d": '--in: expected a time 0ms to 366d, got "900d"',
      "enqueue q x --backoff 0": '--backoff: expected a time 1ms to 1h, got "0"',
      "enqueue q x --keep 0": '--keep: expected a time 1ms to 366d, got "0"',
      "enqueue q x --result 100d": '--result: expected a time 1ms to 24d, got "100d"',
      "jobs show a\nb": 'id: expected the id of a job, got "a\\nb"',
      "jobs cancel >": 'id: expected the id of a job, got ">"',
      "jobs retry x --dead":
        'id: expected none beside --dead and --queue, which mean all that are dead, got "x"',
      "jobs discard x --queue q":
        'id: expected none beside --dead and --queue, which mean all that are dead, got "x"',
      "jobs nope": "unknown command 'nope'; see: pool jobs --help",
    }
    const ended = Object.keys(wrong).map((line) => runPool(t, line.split(" ")))
    t.strictSame(
      await Promise.all(ended),
      Object.values(wrong).map((words) => ({ code: 2, out: "", err: `pool: ${words}\n` })),
    )
  },
)

t.test("what is not there, or not where it would have to be, is said as it is", async (t) => {
  const pool = await testPool(t)
  const run = async (line: string) => {
    const { code, out, err } = await runPool(t, [...line.split(" "), "--servers", pool.server.url])
    return `${code} ${out}${err}`.trim()
  }
  const fails = () => {
    throw new Error("no\nway")
  }
  await pool.join("a", { jobs: { bad: fails } })
  const dead = (await run("enqueue bad x --attempts 1 --result")).split(/\s+/)[1]
  const [delayed, waiting] = [await run("enqueue q x --in 1h"), await run("enqueue q x")].map(
    (told) => told.slice(2),
  )
  const expected: Record<string, RegExp> = {
    [`jobs cancel ${dead}`]:
      /^1 pool: job .*: it is dead, and only one that waits, is delayed or runs can be cancelled; see: pool jobs show /,
    [`jobs discard ${delayed}`]:
      /^1 pool: job .*: it is delayed, and only one that is dead can be discarded; /,
    [`jobs retry ${waiting} --json`]:
      /^1 pool: job .*: it waits or runs, and only one that is dead or delayed can be retried; /,
    "jobs show seq-0": /^1 pool: no job seq-0 in pool "work"/,
    "cron history nope --json": /^2 pool: cron: expected one that is defined; none is, got "nope"$/,
    "jobs pause nope": isAtLeast(pool.server.version, "2.11")
      ? /^2 pool: queue: expected one that a worker has served, got "nope"$/
      : /^1 pool: to pause a queue needs nats-server 2.11 or later, this one is .*; upgrade it$/,
    "enqueue q x --keep 1h --json": isAtLeast(pool.server.version, "2.11")
      ? /^0 \{.*\}$/
      : /^0 \{.*\}\npool: the server keeps no results, which takes nats-server 2.11 or later; /,
  }
  for (const [line, words] of Object.entries(expected)) t.match(await run(line), words, line)
})

t.test(
  "without JetStream there is nothing to look at, and nothing is said to be missing",
  async (t) => {
    const server = await testServer(t, { jetstream: false })
    for (const line of ["enqueue q x", "jobs", "jobs show x", "cron list"]) {
      const { code, out, err } = await runPool(t, [...line.split(" "), "--servers", server.url])
      t.match({ code, out }, { code: 1, out: "" }, line)
      t.match(
        err,
        /^pool: JetStream is off at .*; start the server with --jetstream, or: .*\n$/,
        line,
      )
    }
  },
)
