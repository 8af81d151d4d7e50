/**
 * The store as who ends an attempt uses it: whatever is stored, acknowledged or given back there is tried again for as long as
 * the job is this worker's, and not once more after that, for it may be another's by then.
 */
import type { Troubles } from "../../contracts/troubles.js"
import { isNotPermitted, isPayloadTooLarge } from "../../errors/errors.js"
import { StreamRefused } from "../../errors/job-errors.js"
import { isA } from "../../errors/thrown.js"
import type { Clock } from "../../time/clock.js"
import { Pace } from "../../time/pace.js"
import { NoAnswer, within } from "../../time/within.js"
import { AlreadyThere, type JobStore, type ToStore } from "../contract/job-store.js"
import type { Settlement } from "../contract/settlement.js"
import type { TakenJob } from "./taken-job.js"

/** How long the server may take to note that one is done, in ms. */
const CONFIRMED_MS = 1_000
/** Between two tries, in ms. */
const PACE = { firstMs: 100, mostMs: 1_000 }

export interface HeldStoreOptions {
  readonly store: JobStore
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  readonly troubles: Troubles
}

export class HeldStore {
  readonly #options: HeldStoreOptions

  constructor(options: HeldStoreOptions) {
    this.#options = options
  }

  /**
   * Stores `message`; says whether it is stored, and the job this worker's still. Throws what refuses it for good; of the dead,
   * too, that they are full.
   */
  async store(job: TakenJob, message: ToStore): Promise<boolean> {
    const { store, troubles } = this.#options
    const pace = this.#pace()
    while (job.isHeld()) {
      try {
        await store.store(message)
        troubles.works("storing jobs")
        return job.isHeld()
      } catch (error) {
        // Stored by a try whose answer was lost, or another's, for which this one was cancelled.
        if (isA(error, AlreadyThere)) return job.isHeld()
        if (isRefused(error, message)) throw error
        troubles.fails("storing jobs", "what becomes of a job could not be stored", error)
      }
      await pace.wait({ limitMs: job.leftMs() })
    }
    return false
  }

  /** Sent off; says whether the job was this worker's to settle. */
  settle(job: TakenJob, how: Settlement): boolean | Promise<boolean> {
    if (job.look()) return false
    return this.#options.store.settle(job.delivery.ticket, how) || this.#settleLater(job, how)
  }

  /** It is done, which is said until the server has noted it, or the lease is over; says whether it could be sent. */
  async confirm(job: TakenJob): Promise<boolean> {
    const { store, clock } = this.#options
    const pace = this.#pace()
    for (let isSent = false; ; ) {
      if (job.look()) return isSent
      try {
        await within(clock, CONFIRMED_MS, store.confirm(job.delivery.ticket))
        return true
      } catch (error) {
        isSent ||= isA(error, NoAnswer)
      }
      await pace.wait({ limitMs: job.leftMs() })
    }
  }

  /** As soon as there is a connection again. */
  async #settleLater(job: TakenJob, how: Settlement): Promise<boolean> {
    const { store } = this.#options
    const pace = this.#pace()
    for (;;) {
      await pace.wait({ limitMs: job.leftMs() })
      if (job.look()) return false
      if (store.settle(job.delivery.ticket, how)) return true
    }
  }

  #pace(): Pace {
    const { clock, random } = this.#options
    return new Pace({ clock, random, ...PACE })
  }
}

/** Whether the same would be refused again; that the dead are full is not waited for either, which others have to see to. */
function isRefused(error: unknown, { stream }: ToStore): boolean {
  if (isA(error, StreamRefused)) return error.isForGood || stream === "dead"
  return isPayloadTooLarge(error) || isNotPermitted(error)
}
