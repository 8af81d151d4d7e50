/**
 * What a pool of many members costs while nothing happens, how long they take to join, and what follows when half of them
 * die at once, the leader and all its heirs among them, and nobody saw it. Counts are the server's own (`/varz`), CPU
 * is the system's account of its process and of those of the members.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { startServer } from "../../dist/nats-server/start-server.js"

const MEMBERS = fileURLToPath(new URL("./pool-members.js", import.meta.url))
const POOL = "scale"
/** A process holds so many members at most. */
const MOST_A_PROCESS = 200
/** So many join before the others: one leads, and eight are its heirs. */
const FIRST = 10
/** For as long the pool is left alone before and while it is measured, and after half of it died, in ms. */
const SETTLE_MS = 12_000
const WATCH_MS = 10_000
/** What the system counts CPU in, a second. */
const TICKS = 100

/** Messages and CPU, since the server began. */
interface Reading {
  readonly atMs: number
  readonly inMsgs: number
  readonly outMsgs: number
  readonly serverTicks: number
  readonly memberTicks: number
}

/** What went on between two readings. */
export interface Traffic {
  readonly inMsgs: number
  readonly outMsgs: number
  readonly seconds: number
  /** Shares of a core. */
  readonly serverShare: number
  readonly memberShare: number
}

export interface Crowd {
  readonly members: number
  readonly joinedMs: number
  readonly joining: Traffic
  readonly idle: Traffic
  /** From the death of half of them on. */
  readonly dying: Traffic
  /** Messages to and from the server beyond those of an idle pool of who is left, a death. */
  readonly perDeath: number
}

/** Measures a pool of `members`, an even number, on a server of its own. */
export async function crowdOf(binary: string, members: number): Promise<Crowd> {
  const folder = mkdtempSync(join(tmpdir(), "pool-scale-"))
  const server = await startServer({
    ...{ binary, port: -1, httpPort: -1, storeDir: folder },
    logFile: join(folder, "nats-server.log"),
  })
  const processes: ChildProcess[] = []
  const read = () => reading(server.monitoringUrl ?? "", server.pid, processes)
  try {
    const start = await read()
    let count = 0
    const startProcess = (each: number) => {
      processes.push(fork(MEMBERS, [POOL, String(count), String(each), server.url]))
      count += each
    }
    // The leader and its heirs, who are to be among the dead.
    const first = Math.min(members / 2, FIRST)
    startProcess(first)
    await once(processes[0] as ChildProcess, "message")
    const rest = [members / 2 - first, members / 2].map(inProcesses)
    for (const each of rest.flat()) startProcess(each)
    await Promise.all(processes.slice(1).map((process) => once(process, "message")))
    const joined = await read()
    await delay(SETTLE_MS)
    const before = await read()
    await delay(WATCH_MS)
    const after = await read()
    for (const process of processes.splice(0, 1 + (rest[0]?.length ?? 0))) process.kill("SIGKILL")
    const killed = await read()
    await delay(WATCH_MS)
    const idle = between(before, after)
    const dying = between(killed, await read())
    // Those that are left would be half as many idle.
    const more = dying.inMsgs + dying.outMsgs - (idle.inMsgs + idle.outMsgs) / 2
    return {
      members,
      joinedMs: joined.atMs - start.atMs,
      ...{ joining: between(start, joined), idle, dying },
      perDeath: more / (members / 2),
    }
  } finally {
    for (const process of processes) process.kill("SIGKILL")
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** How many members each process gets. */
function inProcesses(members: number): number[] {
  const each: number[] = []
  for (let left = members; left > 0; left -= MOST_A_PROCESS) {
    each.push(Math.min(left, MOST_A_PROCESS))
  }
  return each
}

async function reading(url: string, pid: number, processes: ChildProcess[]): Promise<Reading> {
  const varz = (await (await fetch(`${url}/varz`)).json()) as { in_msgs: number; out_msgs: number }
  return {
    atMs: performance.now(),
    inMsgs: varz.in_msgs,
    outMsgs: varz.out_msgs,
    serverTicks: ticksOf(pid),
    memberTicks: processes.reduce((sum, { pid = 0 }) => sum + ticksOf(pid), 0),
  }
}

/** User and system time of a process. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return Number(fields[11]) + Number(fields[12])
}

function between(from: Reading, to: Reading): Traffic {
  const seconds = (to.atMs - from.atMs) / 1000
  const share = (ticks: number) => ticks / TICKS / seconds
  return {
    inMsgs: to.inMsgs - from.inMsgs,
    outMsgs: to.outMsgs - from.outMsgs,
    seconds,
    serverShare: share(to.serverTicks - from.serverTicks),
    memberShare: share(to.memberTicks - from.memberTicks),
  }
}
