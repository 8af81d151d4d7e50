/**
 * What must follow when a leader goes and nothing else happens meanwhile: on a good network the first in line leads
 * within a few messages, or, where nobody saw the leader die, after its lease. At the cold start of a pool the first in
 * line leads as well; and a reign that was settled is not lost with a message or two.
 */
import { OTHERS_SHARE } from "../../src/lease/lease.js"
import type { Timings } from "../../src/lease/timings.js"
import type { Judge, JudgedReign } from "./judge.js"
import type { SimulatedMember } from "./simulated-member.js"

type Ranks = (members: readonly SimulatedMember[]) => readonly SimulatedMember[]

/** How long the line must have been left alone to be known to all, in ms. */
const SETTLED_MS = 60
/** The death of a process, and an allowance for clocks, in ms. */
const DEATH_MS = 10
/** A word, a claim and its acknowledgement, there and back; and a look at the claim where the word had to be found. */
const MESSAGES = 8
const WIND_DOWN_MS = 25
const SLOWEST = 0.95
/** Who is not in the line waits for up to so many steps more. */
const SPREAD = 5
/** After so many leases nothing that happened before has anybody look any more. */
const REST = 2.3

export class Expectation {
  readonly #judge: Judge
  readonly #timings: Timings
  readonly #now: () => number
  readonly #messagesMs: number
  readonly #ranks: Ranks
  readonly #mostHeirs: number
  #disturbedMs = Number.NEGATIVE_INFINITY
  #expected:
    | {
        readonly after: JudgedReign | undefined
        readonly byMs: number
        /** The first in line of these must lead; any, if there are none. */
        readonly members: readonly SimulatedMember[]
      }
    | undefined
  /** The reign that must go on. */
  #lasting: JudgedReign | undefined
  /** Messages were lost: until then what follows may take longer. */
  #upsetUntilMs = Number.NEGATIVE_INFINITY
  /** Whether anything is expected at all: only on a good network. */
  isOn = false

  constructor(
    judge: Judge,
    timings: Timings,
    delayMs: number,
    now: () => number,
    ranks: Ranks,
    mostHeirs: number,
  ) {
    this.#ranks = ranks
    this.#mostHeirs = mostHeirs
    this.#messagesMs = MESSAGES * (delayMs + 0.1) + DEATH_MS
    this.#judge = judge
    this.#timings = timings
    this.#now = now
  }

  /** Something happened: what was expected may not come any more. */
  disturbed(): void {
    this.#expected = undefined
    this.#lasting = undefined
    this.#wasQuiet = this.#now() - this.#disturbedMs > SETTLED_MS
    this.#disturbedMs = this.#now()
  }
  #wasQuiet = false

  /** The pool begins with `members`. */
  opening(members: readonly SimulatedMember[]): void {
    if (!this.isOn) return
    const { coldStartMs, stepMs } = this.#timings
    const byMs = this.#now() + (coldStartMs + stepMs) / SLOWEST + 2 * this.#messagesMs
    this.#expected = { after: undefined, byMs, members }
  }

  /** A message or two get lost. False if that may cost more than time just now. */
  lostMessages(alive: readonly SimulatedMember[]): boolean {
    if (!this.isOn) return true
    const { latest } = this.#judge
    if (!latest || !this.#isSettled(latest, alive)) return false
    this.#lasting = latest
    // One may be the renewal of an entry: who missed it stands behind the others until the next one.
    this.#upsetUntilMs = this.#now() + (2 * this.#timings.beatMs) / SLOWEST
    return true
  }

  /** The claim was deleted: its holder must have noticed a few messages later. */
  claimDeleted(alive: readonly SimulatedMember[], later: (ms: number, run: () => void) => void) {
    const { latest } = this.#judge
    if (!latest || !this.#isSettled(latest, alive)) return
    later(this.#messagesMs, () => {
      if (latest.member.machine.state !== "running" || !latest.leadership.isLeading()) return
      this.#judge.breach(`${latest.member.name} leads on though its claim is gone`)
    })
  }

  /** `member` gives up its seat, or was seen to die. */
  vacancy(member: SimulatedMember, alive: readonly SimulatedMember[], to?: SimulatedMember): void {
    const heir = to?.eligible ? to : this.#first(alive, member)
    // In a crowd all heirs may have died unseen: then somebody follows who was drawn.
    const isHeir = heir === to || (heir && heirsOf(member).includes(heir.id))
    if (heir && isHeir) this.#expect(member, alive, this.#messagesMs + WIND_DOWN_MS, [heir])
  }

  /**
   * `member` died, and nobody saw it. A renewal that it had sent and not announced is seen only by the heir that looks
   * before it claims, and its lease counts from then. So it is in a crowd whose heirs died as well, with a renewal that
   * was told to them alone; and others wait for a silence before that. By then the claim has expired, and what vanished may
   * have been another: they wait once more.
   */
  lost(
    member: SimulatedMember,
    alive: readonly SimulatedMember[],
    line: readonly SimulatedMember[] = [],
  ): void {
    const { leaseMs, renewMs, stepMs } = this.#timings
    const left = alive.filter((other) => !line.includes(other))
    if (!this.#first(left, member)) return
    const heirs = heirsOf(member)
    const isLineDead = !left.some((other) => other !== member && heirs.includes(other.id))
    const leases = isLineDead ? 3 : member.isClaiming ? 2 : 1
    // Others that died unseen stay in the line until their entries expire; each costs a step.
    const lapseMs = leaseMs * OTHERS_SHARE + (this.#mostHeirs + (isLineDead ? SPREAD : 0)) * stepMs
    // The last renewal was told to all, or the last but one at the earliest: then that is where the silence began.
    const silenceMs = isLineDead ? leaseMs - renewMs : 0
    const allMs = leases * (lapseMs / SLOWEST + this.#messagesMs) + silenceMs / SLOWEST
    this.#expect(member, alive, allMs, [])
  }

  /** Whether nothing has happened for so long that everybody who waits hears what it is to hear. */
  isAtRest({ leadership, beganMs }: JudgedReign): boolean {
    const sinceMs = Math.max(this.#disturbedMs, beganMs, this.#upsetUntilMs)
    const isLong = this.#now() - sinceMs > this.#timings.leaseMs * REST
    return this.isOn && isLong && leadership.isLeading()
  }

  /** Somebody leads now. */
  filled(): void {
    const { latest } = this.#judge
    if (this.#lasting && latest !== this.#lasting) {
      this.#judge.breach(`${latest?.member.name} leads, because a message was lost`)
    }
    const expected = this.#expected
    if (!expected || !latest || latest === expected.after) return
    this.#expected = undefined
    const { byMs, members } = expected
    if (this.#now() > byMs)
      this.#judge.breach(`a leader ${(this.#now() - byMs).toFixed(0)} ms too late`)
    const [heir] = this.#ranks(members)
    if (heir && latest.member !== heir) {
      this.#judge.breach(`${latest.member.name} leads, and ${heir.name} was next`)
    }
  }

  #expect(
    member: SimulatedMember,
    alive: readonly SimulatedMember[],
    withinMs: number,
    members: readonly SimulatedMember[],
  ): void {
    const { latest } = this.#judge
    if (latest?.member !== member || !this.#isSettled(latest, alive)) return
    this.#expected = { after: latest, byMs: this.#now() + withinMs, members }
  }

  #isSettled(
    { member, leadership, beganMs }: JudgedReign,
    alive: readonly SimulatedMember[],
  ): boolean {
    const nowMs = this.#now()
    if (!this.isOn || !this.#wasQuiet || nowMs < this.#upsetUntilMs) return false
    if (!alive.includes(member)) return false
    if (leadership.signal.aborted || nowMs - beganMs < SETTLED_MS) return false
    // Who is tidying up has no place in the line; who just did has it back with the next renewal, if one got lost.
    const isInLine = ({ state, isTidying, lingeredUntilMs }: SimulatedMember) =>
      state === "ready" && !isTidying && nowMs - lingeredUntilMs > this.#timings.memberTtlMs
    return alive.every(isInLine)
  }

  #first(alive: readonly SimulatedMember[], but: SimulatedMember): SimulatedMember | undefined {
    return this.#ranks(alive.filter((other) => other !== but))[0]
  }
}

function heirsOf({ coordinator }: SimulatedMember): readonly string[] {
  return coordinator.standing?.claim.heirs.map(({ id }) => id) ?? []
}
