/**
 * What must follow when a leader goes and nothing else happens meanwhile: on a good network the first in line leads
 * within a few messages, or, where nobody saw the leader die, after its lease.
 */
import { MAX_HEIRS } from "../../src/claim.js"
import type { Timings } from "../../src/config.js"
import { OTHERS_SHARE } from "../../src/lease.js"
import type { Judge, JudgedReign } from "./judge.js"
import type { SimulatedMember } from "./simulated-member.js"

/** How long the line must have been left alone to be known to all, in ms. */
const SETTLED_MS = 60
/** The death of a process, and an allowance for clocks, in ms. */
const DEATH_MS = 10
/** A word, a claim and its acknowledgement, there and back. */
const MESSAGES = 6
const WIND_DOWN_MS = 25
const SLOWEST = 0.95

export class Expectation {
  readonly #judge: Judge
  readonly #timings: Timings
  readonly #now: () => number
  readonly #messagesMs: number
  #disturbedMs = Number.NEGATIVE_INFINITY
  #expected:
    | {
        readonly after: JudgedReign
        readonly byMs: number
        readonly heir: SimulatedMember | undefined
      }
    | undefined
  /** Whether anything is expected at all: only on a good network. */
  isOn = false

  constructor(judge: Judge, timings: Timings, delayMs: number, now: () => number) {
    this.#messagesMs = MESSAGES * (delayMs + 0.1) + DEATH_MS
    this.#judge = judge
    this.#timings = timings
    this.#now = now
  }

  /** Something happened: what was expected may not come any more. */
  disturbed(): void {
    this.#expected = undefined
    this.#wasQuiet = this.#now() - this.#disturbedMs > SETTLED_MS
    this.#disturbedMs = this.#now()
  }
  #wasQuiet = false

  /** `member` gives up its seat, or was seen to die. */
  vacancy(member: SimulatedMember, alive: readonly SimulatedMember[], to?: SimulatedMember): void {
    const heir = to?.eligible ? to : first(alive.filter((other) => other !== member))
    if (heir) this.#expect(member, alive, this.#messagesMs + WIND_DOWN_MS, heir)
  }

  /** `member` died, and nobody saw it. */
  lost(member: SimulatedMember, alive: readonly SimulatedMember[]): void {
    const { leaseMs, stepMs } = this.#timings
    if (!first(alive.filter((other) => other !== member))) return
    // Others that died unseen stay in the line until their entries expire; each costs a step.
    const lapseMs = leaseMs * OTHERS_SHARE + MAX_HEIRS * stepMs
    this.#expect(member, alive, lapseMs / SLOWEST + this.#messagesMs, undefined)
  }

  /** Somebody leads now. */
  filled(): void {
    const { latest } = this.#judge
    const expected = this.#expected
    if (!expected || !latest || latest === expected.after) return
    this.#expected = undefined
    const { byMs, heir } = expected
    if (this.#now() > byMs)
      this.#judge.breach(`a leader ${(this.#now() - byMs).toFixed(0)} ms too late`)
    if (heir && latest.member !== heir) {
      this.#judge.breach(`${latest.member.name} leads, and ${heir.name} was next`)
    }
  }

  #expect(
    member: SimulatedMember,
    alive: readonly SimulatedMember[],
    withinMs: number,
    heir: SimulatedMember | undefined,
  ): void {
    const { latest } = this.#judge
    if (!this.isOn || !this.#wasQuiet || latest?.member !== member) return
    if (latest.leadership.signal.aborted || this.#now() - latest.beganMs < SETTLED_MS) return
    if (alive.some((other) => other.state !== "ready")) return
    this.#expected = { after: latest, byMs: this.#now() + withinMs, heir }
  }
}

function first(members: readonly SimulatedMember[]): SimulatedMember | undefined {
  return members
    .filter((member) => member.eligible)
    .toSorted((a, b) => (a.coordinator.membership.key < b.coordinator.membership.key ? -1 : 1))[0]
}
