/**
 * What a member does with its leadership: it answers tracked work, and runs the user's `lead` for the length of
 * each reign. One that throws while the reign holds has failed; one that returns has not, and what that means is for
 * others to say. One that goes on after its reign keeps its worker from leading again until it has returned.
 */
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { Duties } from "../coordinator/coordinator-options.js"
import type { Leadership } from "../lease/leadership.js"
import type { Handlers } from "../work/handler.js"
import type { TrackedWork } from "../work/tracked-work.js"
import type { LeadCall } from "./lead-call.js"

/** What it means when `lead` returns while its reign holds; see JoinOptions. */
export type LeadReturns = "done" | "release" | "fail"

export interface LeaderDutiesOptions {
  readonly tracked: TrackedWork
  readonly lead: Handlers["lead"]
  /** How long what a reign started may take to finish when the reign ends kindly, in ms. */
  readonly graceMs: number
  readonly leadCall: LeadCall
  /** How long a `lead` whose reign ended without a word may go on before others are told that it does, in ms. */
  readonly patienceMs: number
  /** A claim is about to be sent. */
  readonly onPrepare?: () => void
  readonly onBegin: (leadership: Leadership) => void
  readonly onEnd: () => void
  /** `lead` threw while its reign held. */
  readonly onFailed: (error: unknown) => void
  /** `lead` returned while its reign held. */
  readonly onReturned: (leadership: Leadership) => void
  readonly report: (problem: string, error?: unknown) => void
}

export class LeaderDuties implements Duties {
  readonly #options: LeaderDutiesOptions

  constructor(options: LeaderDutiesOptions) {
    this.#options = options
  }

  prepare(): void {
    this.#options.onPrepare?.()
    this.#options.tracked.open()
  }

  abandon(): void {
    this.#options.tracked.abandon()
  }

  begin(leadership: Leadership): void {
    const { tracked } = this.#options
    this.#orFail(() => tracked.begin(leadership))
  }

  takeUp(leadership: Leadership): void {
    const { lead, leadCall, onBegin } = this.#options
    this.#orFail(() => {
      onBegin(leadership)
      if (lead) leadCall.began(leadership.term, this.#lead(lead, leadership))
    })
  }

  async windDown(): Promise<void> {
    const { tracked, graceMs, leadCall, report } = this.#options
    tracked.refuse()
    // Where nothing is under way its last round trip begins in this very turn.
    if (tracked.isBusy || leadCall.isRunning) {
      const [isDone] = await Promise.all([tracked.finish(graceMs), leadCall.outlast(graceMs)])
      if (!isDone) report("tracked work was cut short: it took longer than the grace time")
    }
    await tracked.drain()
  }

  close(): void {
    this.#options.tracked.close()
  }

  layDown(): void {
    this.#options.onEnd()
  }

  lapse(): void {
    const { tracked, onEnd, leadCall, patienceMs, report } = this.#options
    tracked.lapse()
    unawaited(leadCall.outlast(patienceMs), unexpected(report))
    onEnd()
  }

  /** Nobody must hold the claim and do nothing with it. */
  #orFail(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#options.onFailed(error)
    }
  }

  async #lead(lead: NonNullable<Handlers["lead"]>, leadership: Leadership): Promise<void> {
    // It may have been over as soon as it began: who was asked to leave while claiming.
    if (!leadership.isLeading()) return
    try {
      await lead(leadership)
    } catch (error) {
      if (leadership.signal.aborted) return
      this.#options.report("lead() failed", error)
      return this.#options.onFailed(error)
    }
    if (!leadership.signal.aborted) this.#options.onReturned(leadership)
  }
}
