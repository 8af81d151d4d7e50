/**
 * Notices that a worker's process died, and ends in its name at once what it left standing: a claim, an entry, jobs
 * that it ran. The parent of a process is the one witness that can prove its death.
 */
import type { ChildProcess } from "node:child_process"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { type Deceased, evict } from "../coordinator/eviction.js"
import type { HandOnOptions } from "../coordinator/hand-on.js"
import type { HeldJobs } from "../jobs/give-back/held-jobs.js"
import { unheard } from "../jobs/give-back/unheard.js"
import type { StandingClaim } from "../protocol/claim.js"
import { within } from "../time/within.js"
import type { Worker, WorkerEvent } from "./worker-events.js"

/** How long evicting may take, for instance while the server is away, in ms. */
const EVICTION_MS = 5_000

export interface DeathWatchOptions {
  /** What eviction needs: a bus and a bucket of the supervisor's own. */
  readonly pool: HandOnOptions
  readonly onEvent: (event: WorkerEvent) => void
  readonly report: (problem: string, error?: unknown) => void
}

/** A worker, and what is known of what it would leave. */
export interface Mortal extends Worker {
  readonly process: ChildProcess
  readonly key: string | undefined
  readonly standing: StandingClaim | undefined
  /** Jobs that it runs. */
  readonly held: HeldJobs
  /** Whether it said that it leaves. */
  readonly isKind: boolean
  readonly isAskedFor: boolean
}

export class DeathWatch {
  readonly #options: DeathWatchOptions
  /** Of the dead: resolves when what they left is cleared away. */
  readonly #clearing = new Set<Promise<void>>()

  constructor(options: DeathWatchOptions) {
    this.#options = options
  }

  /**
   * Resolves when the process of `worker` is gone, and what it left is cleared away. `died` is told the moment it is seen
   * to be gone, before anybody else.
   */
  watch(worker: Mortal, died: (how: string) => void): Promise<void> {
    const { process } = worker
    return new Promise((over) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) => {
        const how = signal ? `killed by ${signal}` : `ended with exit code ${code}`
        died(how)
        const cleared = this.#clear(worker, how, code ?? undefined)
        this.#clearing.add(cleared)
        const isOver = cleared.then(() => {
          this.#clearing.delete(cleared)
          over()
        })
        unawaited(isOver, unexpected(this.#options.report))
      }
      process.once("exit", (code, signal) => {
        // What it said of its jobs last has to be heard before they are given back.
        const heard = new Promise<void>((resolve) => {
          if (process.connected) process.once("disconnect", () => resolve())
          else resolve()
        })
        const given = this.#giveBack(worker, heard)
        this.#clearing.add(given)
        unawaited(given.finally(() => this.#clearing.delete(given)))
        // That it left may have been said and not been read yet.
        const isUnread = code === 0 && process.connected
        if (isUnread) process.once("disconnect", () => ended(code, signal))
        else ended(code, signal)
      })
    })
  }

  /** Resolves when nothing is left of the workers that are gone: no claim, no entry. */
  async cleared(): Promise<void> {
    await Promise.all(this.#clearing)
  }

  async #giveBack(worker: Mortal, heard: Promise<void>): Promise<void> {
    const { pool, report } = this.#options
    const { id, held } = worker
    const gone = !id || held.isEmpty || unheard(pool.bus, pool.names.heir(id), pool.clock)
    try {
      await Promise.all([heard, gone])
      if (!worker.isKind) held.giveBack(pool.bus)
    } catch (error) {
      report("jobs of a dead worker go on when their leases run out", error)
    }
  }

  async #clear(worker: Mortal, how: string, exitCode: number | undefined): Promise<void> {
    const { onEvent, report } = this.#options
    const { key, id, standing, isKind, isAskedFor, name } = worker
    const eviction =
      !isKind && key && id
        ? this.#evict({ key, id, standing }).catch((error) =>
            report(`could not evict ${name}; its lease runs out`, error),
          )
        : undefined
    // After this turn, for its word to the heir is what others wait for.
    await null
    onEvent({ type: "gone", worker, isKind, isAskedFor, how, exitCode })
    await eviction
  }

  #evict(dead: Deceased): Promise<void> {
    const { pool } = this.#options
    return within(pool.clock, EVICTION_MS, evict(pool, dead, "killed"))
  }
}
