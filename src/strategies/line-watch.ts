/**
 * The line of succession behind a leader, kept up to date from everybody's entries. Only a leader runs one: all
 * others learn the line from its claim, so a pool of any size needs a single watch.
 */
import type { Bucket } from "../contracts/bucket.js"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { BegunReign, SuccessionLine } from "../election/events.js"
import { ANSWERS_FIRST_MS } from "../lease/timings.js"
import { Roster, type RosterChange } from "../membership/roster.js"
import { type Crowd, crowdOf, type Sizes } from "../protocol/crowd.js"
import type { Found } from "../protocol/entries.js"
import type { Member } from "../protocol/member.js"
import type { Cancel, Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import { within } from "../time/within.js"
import type { OtherPools } from "./other-pools.js"
import { Preemption } from "./preemption.js"
import { lineOf } from "./ranking.js"
import type { Strategy } from "./strategy.js"

export interface LineWatchOptions {
  readonly bucket: Bucket
  readonly clock: Clock
  readonly strategy: Strategy
  /** Who leads the other pools that the strategy heeds. */
  readonly otherPools?: OtherPools | undefined
  /** The reign that this line stands behind. */
  readonly reign: BegunReign
  /** Give way to a member that has stood first for this long, in ms; without it never. */
  readonly preemptAfterMs?: number | undefined
  /** Told who has stood first for that long. */
  readonly onBetter: (member: Member) => void
  readonly memberTtlMs: number
  readonly leaseMs: number
  readonly sizes: Sizes
  /** A watch that can't be opened is tried again after this long, in ms. */
  readonly retryMs: number
  readonly self: () => Member
  /** Told once everybody is known, and from then on. */
  readonly onLine: (line: SuccessionLine) => void
  /** Told who is known to be gone while not everybody is known. */
  readonly onGone: (key: string) => void
  /** Told of what stands under the claim's key when it changes. */
  readonly onClaim: (found: Found) => void
  readonly troubles: Troubles
}

/** Changes within this time are ranked together, in ms. */
const TOGETHER_MS = 2
/** How many times `retryMs` the opening of the watch may take. */
const PATIENCE = 4
/** What can be in trouble. */
const MEMBERS = "members"
const STRATEGY = "strategy"

export class LineWatch {
  readonly #options: LineWatchOptions
  readonly #pace: Pace
  #roster: Roster | undefined
  /** Until all entries were seen the line is the one that the last reign left. */
  #isComplete = false
  #crowd: Crowd | undefined
  #cancelRanking: Cancel | undefined
  #cancelWatch: Cancel | undefined
  #stopFollowing: () => void = () => {}
  readonly #preemption: Preemption | undefined
  #isStopped = false

  constructor(options: LineWatchOptions) {
    this.#options = options
    const { clock, preemptAfterMs, onBetter, reign, retryMs: firstMs } = options
    this.#pace = new Pace({ clock, firstMs })
    // The word of who ordered this reign holds until the next one.
    if (preemptAfterMs !== undefined && !reign.isOrdered) {
      this.#preemption = new Preemption(clock, preemptAfterMs, onBetter)
    }
  }

  start(): void {
    this.#stopFollowing = this.#options.otherPools?.follow(() => this.#rankSoon()) ?? (() => {})
    this.#cancelWatch = this.#options.clock.after(ANSWERS_FIRST_MS, () => this.#watch())
  }

  #watch(): void {
    const { bucket, clock, memberTtlMs, retryMs, troubles } = this.#options
    this.#roster?.stop()
    this.#isComplete = false
    this.#roster = new Roster({
      bucket,
      clock,
      memberTtlMs,
      onChange: (change) => this.#changed(change),
    })
    // A leader must not be without a line for as long as the client waits for an answer that was lost.
    const begun = within(clock, retryMs * PATIENCE, this.#roster.start()).then(
      () => troubles.works(MEMBERS),
      async (error) => {
        if (this.#isStopped) return
        troubles.fails(MEMBERS, "the members can't be watched; trying again", error)
        if (await this.#pace.wait()) this.#watch()
      },
    )
    unawaited(begun, unexpected(troubles.report))
  }

  stop(): void {
    this.#isStopped = true
    this.#roster?.stop()
    this.#cancelRanking?.()
    this.#cancelWatch?.()
    this.#pace.stop()
    this.#stopFollowing()
    this.#preemption?.stop()
  }

  #changed(change: RosterChange): void {
    const { onClaim, onGone, troubles, reign } = this.#options
    switch (change.type) {
      case "claim":
        return onClaim(change.found)
      case "unreadable":
        return troubles.report(`ignored the entry ${change.key}: ${change.reason}`)
      case "absent":
        if (!this.#isComplete) onGone(change.key)
        return
      case "gone":
        if (!this.#isComplete) onGone(change.member.key)
        break
      case "changed": {
        const { member, was, wasLate } = change
        if (!wasLate && member.id !== reign.lapsed && !isOtherwise(member, was)) return
        break
      }
      case "complete":
        this.#isComplete = true
    }
    if (this.#isComplete) this.#rankSoon()
  }

  /** Whether it has missed a renewal: of its entry, or of the claim before this one and not written its entry since. */
  #isLate({ key, id }: Member): boolean {
    const { reign, self } = this.#options
    if (!this.#roster || id === self().id) return false
    const isSilent = id === reign.lapsed && this.#roster.revisionOf(key) < reign.term
    return isSilent || this.#roster.isLate(key)
  }

  #rankSoon(): void {
    this.#cancelRanking ??= this.#options.clock.after(TOGETHER_MS, () => {
      this.#cancelRanking = undefined
      if (this.#isStopped || !this.#roster || !this.#isComplete) return
      this.#options.onLine(this.#rank(this.#roster.members))
    })
  }

  #rank(members: readonly Member[]): SuccessionLine {
    const { strategy, self, otherPools, leaseMs, sizes } = this.#options
    const me = self()
    this.#crowd = crowdOf(members.length, leaseMs, sizes, this.#crowd)
    const isLate = (member: Member) => this.#isLate(member)
    const ranking = lineOf(me, members, strategy, otherPools?.around, isLate)
    this.#noteProblem(ranking.problem)
    this.#preemption?.lineIs(ranking.line, me)
    const heirs = ranking.line.filter((member) => member.id !== me.id)
    const [next] = heirs
    const leads = this.#options.reign.isOrdered ? "leads by order" : "leads"
    const why = `${me.name} ${leads}: ${ranking.why(me)}`
    return {
      heirs: heirs.map(({ key, id }) => ({ key, id })),
      strategy: ranking.strategy,
      reason: next ? `${why}; ${next.name} next: ${ranking.why(next)}` : why,
      crowd: this.#crowd,
    }
  }

  #noteProblem(problem: string | undefined): void {
    const { troubles } = this.#options
    if (problem) troubles.fails(STRATEGY, `${problem}; the oldest comes first instead`)
    else troubles.works(STRATEGY)
  }
}

/** Whether a change concerns the line, and not only counters. */
function isOtherwise(a: Member, b: Member): boolean {
  const concern = ({ id, eligible, weight, labels, state }: Member) =>
    JSON.stringify([id, eligible, weight, labels, state])
  return concern(a) !== concern(b)
}
