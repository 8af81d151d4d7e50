/**
 * Sees to it, from the parent of a worker of `pool run`, that the worker's program never outlives its reign: not when
 * the worker dies, and not when it stands still and its lease runs out. Without this the program would go on while
 * somebody else leads.
 */
import { signalGroup } from "./process-group.js"
import type { FromWorker } from "./process-words.js"

/** The share of the lease after which a claim that was not heard renewed ends the program; others wait longer. */
const PATIENCE = 0.95

export class CommandWarden {
  #group: number | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #report: (problem: string) => void

  constructor(report: (problem: string) => void) {
    this.#report = report
  }

  /** The worker said something. */
  heard(word: FromWorker): void {
    if (word.type === "runs") {
      this.#group = word.group
      if (word.group === undefined) clearTimeout(this.#timer)
    }
    if (word.type === "holds" && word.standing) this.#arm(word.standing.claim.lease)
  }

  /** The worker is gone, however: nothing may be left of its program before anybody is told. */
  endProgram(): void {
    clearTimeout(this.#timer)
    if (this.#group !== undefined) signalGroup(this.#group, "SIGKILL")
    this.#group = undefined
  }

  #arm(leaseMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#group === undefined) return
      this.#report("the worker did not renew its lease in time; its program was killed")
      signalGroup(this.#group, "SIGKILL")
    }, leaseMs * PATIENCE)
    this.#timer.unref()
  }
}
