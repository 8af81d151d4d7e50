/** A program with all that it starts, as one group of processes that can be ended together. */
import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"

/** How often a group that was killed is looked at until it is gone, in ms. */
const LOOK_EVERY_MS = 5

/** Sends `signal` to every process of the group. Harmless if it is gone. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
    // A process that is suspended sees no other signal.
    if (signal !== "SIGKILL") process.kill(-group, "SIGCONT")
  } catch {
    // Nobody is left of it, or it is not ours any more.
  }
}

/**
 * Resolves when no process of the group runs any more. One that has ended and that nobody asks about does not run: in a
 * container without an init it stays for ever.
 */
export async function groupGone(group: number): Promise<void> {
  while (isRunning(group)) await delay(LOOK_EVERY_MS)
}

function isRunning(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
  const states = statesIn(group)
  return !states || states.some((state) => !"ZX".includes(state))
}

/** The state of each process of the group, a letter; undefined where the system does not say. */
function statesIn(group: number): string[] | undefined {
  try {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
    return pids.flatMap((pid) => {
      const [state, , ofGroup] = statusOf(pid)
      return state && Number(ofGroup) === group ? [state] : []
    })
  } catch {
    return undefined
  }
}

/** Its state, its parent, its group and so on; nothing if it is gone. */
function statusOf(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    // After its name, in which there may be anything.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")
  } catch {
    return []
  }
}
