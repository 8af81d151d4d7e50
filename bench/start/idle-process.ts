/** What a process costs while nothing happens: CPU, by the system's account of its threads, and memory. Linux only. */
import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"

export interface Cost {
  /** Share of a core, in percent. */
  readonly cpu: number
  /** Resident, in MB; that of Node's own program is in it. */
  readonly mb: number
}

/** What each of the processes costs in `ms`, in their order. */
export async function costsOf(pids: readonly number[], ms: number): Promise<Cost[]> {
  const before = pids.map(cpuMs)
  const beganMs = performance.now()
  await delay(ms)
  const passedMs = performance.now() - beganMs
  return pids.map((pid, n) => ({
    cpu: (100 * (cpuMs(pid) - (before[n] as number))) / passedMs,
    mb: residentMb(pid),
  }))
}

/** The processes that `pid` started. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
  return text.trim().split(" ").filter(Boolean).map(Number)
}

/** What a process runs, with its arguments. */
export function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
}

function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const ran = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"))
  return ran.reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e6, 0)
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
