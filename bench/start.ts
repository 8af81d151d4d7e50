/** How long a command takes, how soon a pool is on the screen, and what a pool on one machine costs while it is idle. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import type { Context } from "./part.js"
import { type Limit, type Row, rowOf } from "./rows.js"
import { childrenOf, commandOf, costsOf } from "./start/idle-process.js"
import { Terminal } from "./start/terminal.js"

const ROOT = resolve(import.meta.dirname, "..")
const POOL = join(ROOT, "dist/cli.js")
const NAMES = ["a", "b", "c"]
/** A command is run so often at most, and a pool is started so often. */
const MOST_PAIRS = 15
const MOST_POOLS = 5
/** For as long an idle pool is left alone before it is measured, until V8 has compiled what it needs, and while it is, in ms. */
const SETTLE_MS = 30_000
const WATCH_MS = 20_000

export async function start({ url, binary, rounds, progress }: Context): Promise<Row[]> {
  const workers = await workersAt(url)
  try {
    const commands = commandRows(url, Math.min(rounds, MOST_PAIRS), progress)
    const idle = await idleRows(url, workers, progress)
    const pools = await poolRow(binary, Math.min(rounds, MOST_POOLS), progress)
    return [...commands, pools, ...idle]
  } finally {
    for (const { child } of workers) child.kill("SIGTERM")
    await Promise.all(workers.map(({ ended }) => ended))
  }
}

/** Three workers, the first of which leads, each with its supervisor. */
async function workersAt(url: string) {
  const workers = []
  for (const name of NAMES) {
    const args = [POOL, "worker", "--servers", url, "--name", name]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    const joined = new Promise<void>((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes('"joined"')) resolve()
      })
    })
    const ended = once(child, "exit")
    await Promise.race([joined, ended])
    workers.push({ child, ended })
  }
  return workers
}

function commandRows(url: string, pairs: number, progress: Context["progress"]): Row[] {
  const bare: number[] = []
  const version: number[] = []
  const members: number[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    bare.push(msOf(["--eval", "0"]))
    version.push(msOf([POOL, "--version"]))
    members.push(msOf([POOL, "members", "--servers", url]))
    progress("c")
  }
  const row = (what: string, samples: readonly number[], atMost: number) => {
    const limit: Limit = { of: "ratio", figure: "median", atMost }
    return rowOf({
      what,
      unit: "ms",
      samples,
      baseline: { what: "Node alone", samples: bare },
      limit,
    })
  }
  return [row("pool --version", version, 1.6), row("pool members, of three", members, 2.5)]
}

function msOf(args: readonly string[]): number {
  const beganMs = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" })
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with exit code ${status}`)
  return performance.now() - beganMs
}

/** What `make cluster` does, in a folder and on a port of its own. */
async function poolRow(binary: string, pools: number, progress: Context["progress"]): Promise<Row> {
  const env = { ...process.env, NATS_SERVER: binary }
  const samples: number[] = []
  for (let n = 0; n < pools; n += 1) {
    const folder = mkdtempSync(join(tmpdir(), "pool-start-"))
    const command = `make --silent --directory ${ROOT} build && node ${POOL} cluster --port ${20_000 + n}`
    const beganMs = performance.now()
    const terminal = new Terminal(command, folder, env)
    await terminal.shows(/Members 3/, /leader [abc]\b/)
    samples.push(performance.now() - beganMs)
    await terminal.quit()
    rmSync(folder, { recursive: true, force: true })
    progress("p")
  }
  const limit: Limit = { of: "figures", figure: "median", atMost: 2000 }
  return rowOf({
    what: "make cluster: three members and a leader shown",
    unit: "ms",
    samples,
    limit,
  })
}

async function idleRows(
  url: string,
  workers: Awaited<ReturnType<typeof workersAt>>,
  progress: Context["progress"],
): Promise<Row[]> {
  const node = spawn(process.execPath, ["--eval", "setInterval(() => {}, 2 ** 30)"])
  const terminal = new Terminal(`node ${POOL} dashboard --servers ${url}`, ROOT, process.env)
  await terminal.shows(/Members 3/)
  const members = workers.map(({ child }) => descendant(child.pid as number, "worker-main"))
  await delay(SETTLE_MS)
  const pids = [...members, descendant(terminal.pid, "dashboard"), node.pid as number]
  const costs = await costsOf(pids, WATCH_MS)
  await terminal.quit()
  node.kill()
  progress("i")
  const [leader, ...others] = costs.slice(0, NAMES.length)
  const [dashboard, bare] = costs.slice(NAMES.length)
  const cpu = (what: string, samples: readonly number[], atMost: number) =>
    rowOf({
      what,
      unit: "% of a core",
      samples,
      limit: { of: "figures", figure: "median", atMost },
    })
  const mb = (what: string, samples: readonly number[], atMost: number) => {
    const baseline = { what: "Node alone", samples: samples.map(() => bare?.mb ?? Number.NaN) }
    const limit: Limit = { of: "figures", figure: "median", atMost }
    return rowOf({ what, unit: "MB", samples, baseline, limit })
  }
  return [
    cpu("the dashboard of three, idle", [dashboard?.cpu ?? Number.NaN], 1.5),
    mb("the dashboard of three, idle", [dashboard?.mb ?? Number.NaN], 110),
    cpu(
      "a worker, idle",
      others.map((cost) => cost.cpu),
      0.3,
    ),
    mb(
      "a worker, idle",
      others.map((cost) => cost.mb),
      50,
    ),
    cpu("the leader, idle", [leader?.cpu ?? Number.NaN], 0.6),
  ]
}

/** The process below `pid` that runs `what` by Node itself. */
function descendant(pid: number, what: string): number {
  const below = (parent: number): number[] =>
    childrenOf(parent).flatMap((child) => [child, ...below(child)])
  const found = below(pid).find(
    (child) => /^\S*node \S*\.js/.test(commandOf(child)) && commandOf(child).includes(what),
  )
  if (found === undefined) throw new Error(`no process that runs ${what}`)
  return found
}
