/**
 * Sees to it, from the parent of a worker of `pool run`, that the worker's program never outlives its reign: not when
 * the worker dies, and not when it stands still and its lease runs out. Without this the program would go on while
 * somebody else leads.
 */
import { signalGroup } from "../programs/process-group.js"
import type { FromWorker } from "./messages.js"

/** The share of the lease after which a claim that was not heard renewed ends the program; others wait longer. */
const PATIENCE = 0.95

export class CommandWarden {
  /** The groups that run. More than one only if an earlier program has not ended yet; then all of them are ended. */
  readonly #groups = new Set<number>()
  #timer: NodeJS.Timeout | undefined
  readonly #report: (problem: string) => void

  constructor(report: (problem: string) => void) {
    this.#report = report
  }

  /** The worker said something. */
  heard(word: FromWorker): void {
    if (word.type === "runs") this.#groups.add(word.group)
    if (word.type === "ran") {
      this.#groups.delete(word.group)
      if (this.#groups.size === 0) clearTimeout(this.#timer)
    }
    if (word.type === "holds" && word.standing) this.#arm(word.standing.claim.lease)
  }

  /** The worker is gone, however: nothing may be left of its program before anybody is told. */
  endProgram(): void {
    clearTimeout(this.#timer)
    this.#kill()
    this.#groups.clear()
  }

  #arm(leaseMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#groups.size === 0) return
      this.#report("the worker did not renew its lease in time; its program was killed")
      this.#kill()
    }, leaseMs * PATIENCE)
    this.#timer.unref()
  }

  #kill(): void {
    for (const group of this.#groups) signalGroup(group, "SIGKILL")
  }
}
