import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import t, { type Test } from "tap"
import { type EndReason, ReignEnded } from "../../src/lease/leadership.js"
import { groupGone, signalGroup } from "../../src/programs/process-group.js"
import { CommandRunner } from "../../src/supervision/command-runner.js"
import { CommandWarden } from "../../src/supervision/command-warden.js"
import type { CommandSettings } from "../../src/supervision/worker-settings.js"
import { tempFolder } from "../fixtures/folder.js"
import { isAlive } from "../fixtures/programs.js"
import { until } from "../fixtures/until.js"

interface Stage {
  readonly runner: CommandRunner
  readonly told: string[]
  readonly done: number[]
  readonly reports: string[]
  /** Begins a reign; `end` ends it, kindly if no reason is given; its lease holds until `lapse`. */
  lead(): { readonly over: Promise<void>; end(reason?: EndReason): void; lapse(): void }
}

const LEASE_MS = 60_000

function stage(
  t: Test,
  argv: string[],
  settings: Partial<CommandSettings> = {},
  leaseMs = LEASE_MS,
): Stage {
  const told: string[] = []
  const done: number[] = []
  const reports: string[] = []
  const groups: number[] = []
  const runner = new CommandRunner({
    settings: { argv, restart: "on-failure", graceMs: 60_000, backoffMs: 1, ...settings },
    leaseMs,
    env: () => ({ POOL_NAME: "a" }),
    onRuns: (group) => {
      told.push(`${groups.push(group)} runs`)
    },
    onRan: (group) => told.push(`${groups.indexOf(group) + 1} ran`),
    onDone: (code) => done.push(code),
    report: (problem) => reports.push(problem),
  })
  t.teardown(() => {
    for (const group of groups) signalGroup(group, "SIGKILL")
  })
  let term = 0
  const lead = () => {
    const controller = new AbortController()
    term += 1
    const { signal } = controller
    let leftMs = 5
    const remainingMs = () => leftMs
    const over = runner.lead({ term, signal, remainingMs } as Parameters<CommandRunner["lead"]>[0])
    return {
      over,
      end: (reason: EndReason = "stopping") => controller.abort(new ReignEnded(reason, term)),
      lapse() {
        leftMs = 0
      },
    }
  }
  return { runner, told, done, reports, lead }
}

function linesIn(file: string): number {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0
}

/** The pid that a program wrote into this file. */
async function pidIn(file: string): Promise<number> {
  await until("it wrote its pid", () => existsSync(file) && /\n/.test(readFileSync(file, "utf8")))
  return Number(readFileSync(file, "utf8"))
}

t.test("a lease that runs out in the grace time of a program ends the program", async (t) => {
  const file = join(tempFolder(t), "pid")
  const script = `trap "echo $$ >> ${file}" TERM; echo $$ >> ${file}; while :; do sleep 0.01; done`
  const { lead, reports } = stage(t, ["sh", "-c", script])
  const { over, end, lapse } = lead()
  await until("it runs", () => linesIn(file) === 1)
  end()
  await until("it goes on after SIGTERM", () => linesIn(file) === 2)
  t.strictSame(reports, [])
  lapse()
  await over
  t.strictSame(reports, ["sh was killed: the lease ran out before it had ended"])
})

t.test("a reign of a program is not over before all that it started is gone", async (t) => {
  const file = join(tempFolder(t), "pid")
  const script = `sh -c 'trap "" TERM HUP; echo $$ > ${file}; while :; do sleep 1; done' & wait`
  const { lead, told } = stage(t, ["sh", "-c", script])
  const { over, end } = lead()
  const pid = await pidIn(file)
  end()
  await over
  t.notOk(isAlive(pid), "what ignored SIGTERM is gone")
  t.strictSame(told, ["1 runs", "1 ran"])
})

t.test("what two reigns say of their programs can be told apart", async (t) => {
  const file = join(tempFolder(t), "pid")
  const { lead, told } = stage(t, [
    "sh",
    "-c",
    `trap "" TERM; echo $$ >> ${file}; while :; do sleep 1; done`,
  ])
  const first = lead()
  const pid = await pidIn(file)
  first.end()
  const second = lead()
  await until("both run", () => told.length === 2)
  process.kill(-pid, "SIGKILL")
  await first.over
  t.strictSame(told, ["1 runs", "2 runs", "1 ran"])
  // Its own deafness to SIGTERM comes first: before it, the word of the end would kill it.
  await until("the second is deaf", () => linesIn(file) === 2)
  second.end()
  process.kill(-Number(readFileSync(file, "utf8").trim().split("\n")[1]), "SIGKILL")
  await second.over
  t.strictSame(told.at(-1), "2 ran")
})

t.test(
  "a program that can't be started is told of, and only some are worth another try",
  async (t) => {
    for (const [argv, code] of [
      ["/nowhere/program", 127],
      ["/", 126],
      ["no\0program", 126],
    ] as const) {
      const { lead, done, reports, told } = stage(t, [argv])
      await lead().over
      t.strictSame([done, reports.length, told], [[code], 1, []], argv)
    }
  },
)

t.test("a program that ended by itself is left, or started anew in a later reign", async (t) => {
  for (const [restart, script, code, isAgain] of [
    ["on-failure", "exit 0", 0, false],
    ["on-failure", "exit 3", 3, true],
    ["always", "exit 0", 0, true],
    ["never", "exit 3", 3, false],
    ["on-failure", "kill -9 $$", 137, true],
  ] as const) {
    const { lead, done } = stage(t, ["sh", "-c", script], { restart })
    const { over } = lead()
    if (isAgain) await t.rejects(over, { name: "CommandEnded", exitCode: code, command: "sh" })
    else await over
    t.strictSame(done, isAgain ? [] : [code], `${restart}: ${script}`)
  }
})

t.test("after a failure it waits, and starts nothing if the reign ends meanwhile", async (t) => {
  const { lead, told } = stage(t, ["sh", "-c", "exit 3"], { backoffMs: 600_000 })
  await t.rejects(lead().over, { name: "CommandEnded", exitCode: 3 })
  const { over, end } = lead()
  end()
  await over
  t.strictSame(told, ["1 runs", "1 ran"])
})

t.test(
  "a program learns the term of its reign, and what its worker says of the pool",
  async (t) => {
    const file = join(tempFolder(t), "seen")
    const { lead } = stage(t, ["sh", "-c", `echo "$POOL_NAME $POOL_TERM" >> ${file}`])
    await lead().over
    await lead().over
    t.equal(readFileSync(file, "utf8"), "a 1\na 2\n")
  },
)

t.test("when the lease ran out it has a tenth of it, whatever its grace", async (t) => {
  const file = join(tempFolder(t), "pid")
  const script = `trap "" TERM; echo $$ > ${file}; while :; do sleep 1; done`
  const { lead, reports } = stage(t, ["sh", "-c", script], {}, 500)
  const { over, end } = lead()
  await pidIn(file)
  end("lease over")
  await over
  t.match(reports, [/^sh did not end within 50 ms after SIGTERM, and was killed$/])
})

t.test("the warden ends each group that runs, and none that has ended", async (t) => {
  const started = await Promise.all(
    [1, 2].map(async () => {
      const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" })
      await once(child, "spawn")
      const exited = once(child, "exit")
      t.teardown(() => child.kill("SIGKILL"))
      return { group: child.pid as number, child, exited }
    }),
  )
  const [first, second] = started as [(typeof started)[0], (typeof started)[0]]
  const warden = new CommandWarden(() => {})
  warden.heard({ type: "runs", group: first.group })
  warden.heard({ type: "runs", group: second.group })
  warden.heard({ type: "ran", group: first.group })
  warden.endProgram()
  await second.exited
  t.ok(isAlive(first.group), "the one that was said to have ended is left alone")
  warden.heard({ type: "runs", group: first.group })
  warden.endProgram()
  await first.exited
  await groupGone(first.group)
  t.equal(first.child.signalCode, "SIGKILL")
})
