/**
 * A program of somebody else's with all that it starts, as one group of processes that can be ended together: by us,
 * and by a guard if we die first, in whatever way.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import type { Writable } from "node:stream"

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

// The guard is in a session of its own: what is sent to our terminal does not reach it. It is told the group as soon as
// there is one, then reads on; the end of what it reads means that we are gone.
const SCRIPT = `read -r group || exit
read -r line && exit
kill -TERM "-$group"; kill -CONT "-$group"; sleep "$1"; kill -KILL "-$group"`

/** Ends a group when this process has died: SIGTERM at once, SIGKILL after the grace time. One idle `sh`. */
export class Guard {
  readonly #shell: ChildProcessByStdio<Writable, null, null>

  /** Starts the guard, before there is a group to be watched. */
  constructor(graceMs: number) {
    const args = ["-c", SCRIPT, "pool-guard", String(graceMs / 1000)]
    this.#shell = spawn("/bin/sh", args, { detached: true, stdio: ["pipe", "ignore", "ignore"] })
    this.#shell.on("error", () => {})
    this.#shell.stdin.on("error", () => {})
    this.#shell.unref()
  }

  /** From now on `group` does not outlive us; undefined: there is none, and nothing to watch. */
  watch(group: number | undefined): void {
    if (group === undefined) this.#shell.stdin.end()
    else this.#shell.stdin.write(`${group}\n`)
  }

  /** The group has ended. */
  dismiss(): void {
    this.#shell.stdin.end("dismissed\n")
  }
}
