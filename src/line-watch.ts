/**
 * The line of succession behind a leader, kept up to date from everybody's entries. Only a leader runs one: all
 * others learn the line from its claim, so a pool of any size needs a single watch.
 */
import type { Bucket } from "./bucket.js"
import type { Cancel, Clock } from "./clock.js"
import type { Found, Line } from "./election-words.js"
import type { Member } from "./member.js"
import { Roster } from "./roster.js"
import type { Strategy } from "./succession.js"

export interface LineWatchOptions {
  readonly bucket: Bucket
  readonly clock: Clock
  readonly strategy: Strategy
  readonly memberTtlMs: number
  /** A watch that can't be opened is tried again after this long, in ms. */
  readonly retryMs: number
  readonly self: () => Member
  readonly onLine: (line: Line) => void
  /** Told of what stands under the claim's key when it changes. */
  readonly onClaim: (found: Found) => void
  readonly report: (problem: string, error?: unknown) => void
}

/** Changes within this time are ranked together, in ms. */
const TOGETHER_MS = 2

export class LineWatch {
  readonly #options: LineWatchOptions
  #roster: Roster | undefined
  #cancelRanking: Cancel | undefined
  #cancelRetry: Cancel | undefined
  #isStopped = false

  constructor(options: LineWatchOptions) {
    this.#options = options
  }

  start(): void {
    const { bucket, clock, memberTtlMs, retryMs, report } = this.#options
    this.#roster?.stop()
    this.#roster = new Roster({
      bucket,
      clock,
      memberTtlMs,
      onChange: (change) => {
        if (change.type === "claim") this.#options.onClaim(change.found)
        else if (change.type === "unreadable")
          report(`ignored the entry ${change.key}: ${change.reason}`)
        else if (change.type !== "changed" || isOtherwise(change.member, change.was))
          this.#rankSoon()
      },
    })
    this.#roster.start().catch((error) => {
      if (this.#isStopped) return
      report("the members can't be watched; trying again", error)
      this.#cancelRetry = clock.after(retryMs, () => this.start())
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#roster?.stop()
    this.#cancelRanking?.()
    this.#cancelRetry?.()
  }

  #rankSoon(): void {
    this.#cancelRanking ??= this.#options.clock.after(TOGETHER_MS, () => {
      this.#cancelRanking = undefined
      if (!this.#isStopped && this.#roster) this.#options.onLine(this.#rank(this.#roster.members))
    })
  }

  #rank(members: readonly Member[]): Line {
    const { strategy, self } = this.#options
    const me = self()
    const line = lineOf(me, members, strategy)
    const heirs = line.filter((member) => member.id !== me.id)
    const [next] = heirs
    const why = `${me.name} leads: ${strategy.why(me, line)}`
    return {
      heirs: heirs.map(({ key, id }) => ({ key, id })),
      strategy: strategy.name,
      reason: next ? `${why}; ${next.name} next: ${strategy.why(next, line)}` : why,
    }
  }
}

/** The members that may lead, in the order in which they should. */
export function lineOf(
  self: Member,
  members: readonly Member[],
  strategy: Strategy,
): readonly Member[] {
  const mayLead = (member: Member) =>
    member.eligible && (member.state === "ready" || member.state === "paused")
  return strategy.rank(members.filter(mayLead), self)
}

/** This member's place in that order; -1 if it is not in it. */
export function placeOf(self: Member, members: readonly Member[], strategy: Strategy): number {
  return lineOf(self, members, strategy).findIndex((member) => member.id === self.id)
}

/** Whether a change concerns the line, and not only counters. */
function isOtherwise(a: Member, b: Member): boolean {
  const concern = ({ id, eligible, weight, labels, state }: Member) =>
    JSON.stringify([id, eligible, weight, labels, state])
  return concern(a) !== concern(b)
}
