import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import t, { type Test } from "tap"
import { CommandSeat, type CommandSettings } from "../src/command-seat.js"
import { CommandWarden } from "../src/command-warden.js"
import { ReignEnded } from "../src/leadership.js"
import { groupGone, signalGroup } from "../src/process-group.js"
import { tempFolder } from "./fixtures/folder.js"
import { isAlive } from "./fixtures/programs.js"
import { until } from "./fixtures/until.js"

interface Stage {
  readonly seat: CommandSeat
  readonly told: string[]
  readonly done: number[]
  readonly reports: string[]
  /** Begins a reign; `end` ends it kindly. */
  lead(): { readonly over: Promise<void>; end(): void }
}

function stage(t: Test, argv: string[], settings: Partial<CommandSettings> = {}): Stage {
  const told: string[] = []
  const done: number[] = []
  const reports: string[] = []
  const groups: number[] = []
  const seat = new CommandSeat({
    settings: { argv, restart: "on-failure", graceMs: 60_000, backoffMs: 1, ...settings },
    leaseMs: 60_000,
    env: () => ({}),
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
    const over = seat.lead({ term, signal } as Parameters<CommandSeat["lead"]>[0])
    return { over, end: () => controller.abort(new ReignEnded("stopping", term)) }
  }
  return { seat, told, done, reports, lead }
}

/** The pid that a program wrote into this file. */
async function pidIn(file: string): Promise<number> {
  await until("it wrote its pid", () => existsSync(file) && /\n/.test(readFileSync(file, "utf8")))
  return Number(readFileSync(file, "utf8"))
}

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
  second.end()
  await until("it has begun", () => readFileSync(file, "utf8").trim().split("\n").length === 2)
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
