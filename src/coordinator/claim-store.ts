/**
 * The election's dealings with the bucket. Each question is answered by exactly one event, in time: a bucket that
 * does not answer within a renewal counts as one that failed.
 */
import type { Entry } from "../contracts/bucket.js"
import type { Meter, RenewalOutcome } from "../contracts/meter.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { RefusedInDoubt, untilAnswered } from "../contracts/until-answered.js"
import type { ElectionEvent } from "../election/events.js"
import { RevisionMismatch } from "../errors/errors.js"
import { type Claim, encodeClaim } from "../protocol/claim.js"
import { foundIn, lateIn, membersIn } from "../protocol/entries.js"
import { type Member, startIn } from "../protocol/member.js"
import { CLAIM_KEY } from "../protocol/names.js"
import type { OtherPools } from "../strategies/other-pools.js"
import { lineOf } from "../strategies/ranking.js"
import type { Strategy, Surroundings } from "../strategies/strategy.js"
import { within } from "../time/within.js"
import type { PoolContext } from "./pool-context.js"

export interface ClaimStoreOptions {
  readonly context: PoolContext
  readonly strategy: Strategy
  readonly otherPools?: OtherPools | undefined
  readonly self: () => Member
  readonly meter?: Meter | undefined
  /** Takes the answers. */
  readonly answer: (event: ElectionEvent) => void
}

export class ClaimStore {
  readonly #options: ClaimStoreOptions

  constructor(options: ClaimStoreOptions) {
    this.#options = options
  }

  /** Reads the claim: `read` or `read-failed`. */
  read(id: number): void {
    const { answer, context } = this.#options
    const problem = "the claim could not be read"
    const read = this.#inTime(() => context.bucket.get(CLAIM_KEY)).then(
      (entry) => {
        this.#answered()
        answer({ type: "read", id, found: foundIn(entry) })
      },
      (error) => {
        this.#failed(problem, error)
        answer({ type: "read-failed", id })
      },
    )
    unawaited(read, unexpected(this.#options.context.troubles.report))
  }

  /**
   * Lists the members and finds this one's place: `ranked` or `rank-failed`. As long as it is not its turn to list them,
   * and others begin who are older: `queued`.
   */
  rank(isTurn: boolean): void {
    const { answer } = this.#options
    const problem = "the members could not be listed"
    const ranked = (isTurn ? Promise.resolve(0) : this.#older())
      .then((older) => (older > 0 ? ({ type: "queued", older } as const) : this.#place()))
      .then(
        (event) => {
          this.#answered()
          answer(event)
        },
        (error) => {
          this.#failed(problem, error)
          answer({ type: "rank-failed" })
        },
      )
    unawaited(ranked, unexpected(this.#options.context.troubles.report))
  }

  /** Compare-and-sets the claim, the very same as often as nobody answers: `written`, `refused` or `unsure`. */
  write(
    attempt: number,
    over: number,
    claim: Claim,
    onEnd: (outcome: RenewalOutcome) => void = () => {},
  ): void {
    const { answer } = this.#options
    const { bucket, clock, timings } = this.#options.context
    const problem = "nobody knows whether the claim was written"
    const bytes = encodeClaim(claim)
    const once = () => bucket.write(CLAIM_KEY, bytes, over)
    const written = untilAnswered(clock, timings.renewMs, once).then(
      (revision) => {
        this.#answered()
        onEnd("acknowledged")
        answer({ type: "written", attempt, revision })
      },
      (error) => {
        const isRefused = error instanceof RevisionMismatch
        onEnd(isRefused ? "refused" : "unknown")
        if (isRefused) {
          this.#answered()
          return answer({ type: "refused", attempt })
        }
        if (error instanceof RefusedInDoubt) this.#answered()
        else this.#failed(problem, error)
        answer({ type: "unsure", attempt })
      },
    )
    unawaited(written, unexpected(this.#options.context.troubles.report))
  }

  /** The same for a claim that is held; measured. */
  renew(attempt: number, over: number, claim: Claim): void {
    const { meter } = this.#options
    const { clock } = this.#options.context
    if (!meter) return this.write(attempt, over, claim)
    const beganMs = clock.now().monoMs
    this.write(attempt, over, claim, (outcome) =>
      meter.renewed(outcome, clock.now().monoMs - beganMs),
    )
  }

  /** How many began before this member, but not longer ago than a lease. One answer tells, however many there are. */
  async #older(): Promise<number> {
    const { context, self } = this.#options
    const { start } = self()
    const keys = await this.#inTime(() => context.bucket.keys())
    const starts = keys.map(startIn)
    return starts.filter((its) => its < start && its > this.#newcomersFrom(start)).length
  }

  async #place(): Promise<ElectionEvent> {
    const { otherPools, context } = this.#options
    const [entries, around] = await this.#inTime(() =>
      Promise.all([context.bucket.entries(), otherPools?.look()]),
    )
    return this.#ranked(entries, around)
  }

  #newcomersFrom(start: number): number {
    return start - this.#options.context.timings.leaseMs * 1000
  }

  #ranked(entries: readonly Entry[], around: Surroundings | undefined): ElectionEvent {
    const { strategy, self, context } = this.#options
    const members = membersIn(entries)
    const late = lateIn(entries, context.timings.memberTtlMs)
    const me = self()
    const oldestNewcomer = this.#newcomersFrom(me.start)
    const veterans = members.some((member) => member.start < oldestNewcomer)
    const isLate = ({ key, id }: Member) => id !== me.id && late.has(key)
    const { line } = lineOf(me, members, strategy, around, isLate)
    const place = line.findIndex(({ id }) => id === me.id)
    return { type: "ranked", place: place < 0 ? members.length : place, veterans }
  }

  #failed(problem: string, error: unknown): void {
    this.#options.context.troubles.fails(CLAIM_KEY, `${problem}; trying again`, error)
  }

  /** It was asked for something else, perhaps, than what failed; what was decided since does not ask for that again. */
  #answered(): void {
    this.#options.context.troubles.works(CLAIM_KEY)
  }

  /** What is thrown at once counts as an answer as well. */
  #inTime<T>(ask: () => Promise<T>): Promise<T> {
    const { clock, timings } = this.#options.context
    try {
      return within(clock, timings.renewMs, ask())
    } catch (error) {
      return Promise.reject(error)
    }
  }
}
