import t from "tap"
import { runPool } from "./fixtures/cli.js"
import { randomPort } from "./fixtures/server.js"

const COMMANDS = [
  ...["cluster", "worker", "dashboard", "work", "members", "leader", "server"],
  ...[
    "history",
    "cron",
    "run",
    "doctor",
    "stop",
    "kill",
    "restart",
    "hand-over",
    "pause",
    "resume",
  ],
  ...["enqueue", "jobs", "completion"],
]

t.test("pool alone prints its help, and is bad usage", async (t) => {
  const { code, out, err } = await runPool(t, [])
  t.match({ code, out }, { code: 2, out: "" })
  t.match(err, /^Usage: pool \[options\] \[command\]\n/)
  t.match(err, /Exit codes: 0 done, 1 failed, 2 bad usage, 3 nobody is there\.\n$/)
})

t.test("--help prints the same, and is not an error", async (t) => {
  const { code, out, err } = await runPool(t, ["--help"])
  t.match({ code, err }, { code: 0, err: "" })
  const listed = [...out.matchAll(/^ {2}([a-z][a-z-]+)(?: \[[^ ]+\]| <[^ ]+>)* {2,}\S/gm)].map(
    ([, name]) => name,
  )
  t.strictSame(
    COMMANDS.filter((name) => !listed.includes(name)),
    [],
  )
  t.strictSame(
    listed.filter((name) => name !== "help" && !COMMANDS.includes(name as string)),
    [],
  )
})

t.test("the help of every command has examples, and all of its lines fit", async (t) => {
  const helps = await Promise.all(COMMANDS.map((name) => runPool(t, [name, "--help"])))
  const bad = helps.flatMap(({ code, out }, at) => {
    const long = out.split("\n").filter((line) => line.length > 120)
    const isGood = code === 0 && /\nExamples?:\n {2}/.test(out) && long.length === 0
    return isGood ? [] : [{ command: COMMANDS[at], code, long }]
  })
  t.strictSame(bad, [])
})

t.test("what is wrong with the command line is said in one line, with a guess", async (t) => {
  const cases: [string[], string][] = [
    [["wrok"], "unknown command 'wrok'; did you mean work?; see: pool --help"],
    [
      ["work", "--tiemout", "2s"],
      "unknown option '--tiemout'; did you mean --timeout?; see: pool work --help",
    ],
    [
      ["work", "a", "b"],
      "too many arguments for 'work'. Expected 1 argument but got 2; see: pool work --help",
    ],
    [["work", "--count"], "option '-c, --count <n>' argument missing; see: pool work --help"],
    [
      ["worker", "--pool", "a.b"],
      'pool name: expected 1 to 32 letters, digits, "-" or "_", got "a.b"',
    ],
    [
      ["work", "--timeout", "soon"],
      '--timeout: expected a time such as 2s, 500ms or 1m, got "soon"',
    ],
  ]
  const ended = await Promise.all(cases.map(([args]) => runPool(t, args)))
  t.strictSame(
    ended,
    cases.map(([, err]) => ({ code: 2, out: "", err: `pool: ${err}\n` })),
  )
})

t.test("--verbose shows the stack, before or after the command", async (t) => {
  const address = `127.0.0.1:${randomPort()}`
  for (const args of [
    ["--verbose", "members", "--servers", address],
    ["members", "--verbose", "--servers", address],
  ]) {
    const { code, err } = await runPool(t, args)
    t.equal(code, 3)
    t.match(err, /^pool: NoServer: no NATS server at .*\n {4}at /)
  }
})

t.test("--version prints the version, and nothing else", async (t) => {
  const { code, out } = await runPool(t, ["--version"])
  t.equal(code, 0)
  t.match(out, /^\d+\.\d+\.\d+\n$/)
})
