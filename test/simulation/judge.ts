/**
 * Judges a run by the promises of the protocol, in real virtual time:
 *
 *   - at most one member leads, each judged by its own clocks;
 *   - terms strictly increase (anew after the bucket was deleted and created again);
 *   - the signal of a reign fired before the next one begins; one that was frozen meanwhile neither answers, nor
 *     writes, nor says anything before its signal fired;
 *   - nothing is answered in the name of a reign once a later one began;
 *   - at most one `lead` of a process is alive;
 *   - who was handed the seat by order keeps it from all that are better.
 */
import type { Leadership } from "../../src/lease/leadership.js"
import type { Word } from "../../src/protocol/claim.js"
import type { SimulatedMember } from "./simulated-member.js"
import { EPOCH_MS } from "./virtual-server.js"

/** No run takes so long, in ms. */
const LONG_AGO_MS = 1_800_000

/** A promise was broken. */
export class Broken extends Error {
  override readonly name = "Broken"
}

export interface JudgedReign {
  readonly member: SimulatedMember
  readonly leadership: Leadership
  readonly beganMs: number
  /** How often its machine had been suspended when it began. */
  readonly suspensions: number
  /** Its member was told that the reign before was handed over. */
  readonly isOrdered: boolean
}

export class Judge {
  /** The reign that began last. */
  latest: JudgedReign | undefined
  /** Reigns whose signal has not fired. */
  readonly #live = new Set<JudgedReign>()
  /** Whose `lead` runs. */
  readonly #leading = new Set<SimulatedMember>()
  #highestTerm = 0
  readonly #now: () => number
  #broken: Broken | undefined

  readonly #isOfThisBucket: (term: number) => boolean

  constructor(now: () => number, isOfThisBucket: (term: number) => boolean) {
    this.#now = now
    this.#isOfThisBucket = isOfThisBucket
  }

  /** The first promise that was broken. */
  get broken(): Broken | undefined {
    return this.#broken
  }

  breach(what: string): void {
    this.#broken ??= new Broken(`${what} (at ${this.#now().toFixed(1)} ms)`)
  }

  /** `others` are all that could lead at this instant, `word` the last that came to `member`. */
  began(
    member: SimulatedMember,
    leadership: Leadership,
    others: readonly SimulatedMember[],
    word: Word | undefined,
  ): void {
    const { term } = leadership
    const label = `${member.name} began to lead with term ${term}`
    // An acknowledgement may still come from a bucket that is no more.
    if (this.#isOfThisBucket(term)) {
      if (term <= this.#highestTerm) this.breach(`${label}, not above ${this.#highestTerm}`)
      this.#highestTerm = Math.max(this.#highestTerm, term)
    }
    for (const reign of this.#live) this.#mustHaveEnded(reign, label)
    for (const other of others) {
      if (other !== member && other.machine.state === "running" && other.coordinator.leads()) {
        this.breach(`${label} while ${other.name} leads`)
      }
    }
    if (leadership.remainingMs() <= 0) this.breach(`${label} although its lease is over`)
    const beganMs = this.#now()
    const { suspensions } = member.machine
    const before = this.latest
    const isOrdered =
      word?.reason === "handed over" &&
      word.id === before?.member.id &&
      word.term === before.leadership.term
    const reign = { member, leadership, beganMs, suspensions, isOrdered }
    this.#live.add(reign)
    this.latest = reign
    const ended = () => {
      this.#live.delete(reign)
      const { reason } = leadership.signal.reason
      if (isOrdered && reason === "preempted") {
        this.breach(`${member.name} gives way to a better one though it was ordered to lead`)
      }
    }
    leadership.signal.addEventListener("abort", ended, { once: true })
  }

  leadBegan(member: SimulatedMember): void {
    if (this.#leading.has(member)) this.breach(`${member.name} runs a second lead beside the first`)
    this.#leading.add(member)
  }

  leadReturned(member: SimulatedMember): void {
    this.#leading.delete(member)
  }

  /** The bucket began anew: so do terms. */
  termsBeginAnew(): void {
    this.#highestTerm = 0
  }

  /** The member does something that shows outside, in whatever role. */
  acts(member: SimulatedMember, what: string): void {
    for (const reign of this.#live) {
      if (reign.member === member && reign !== this.latest) {
        this.breach(
          `${member.name} ${what} while its signal of term ${reign.leadership.term} had not fired`,
        )
      }
    }
  }

  /** It says since when it leads: machines here are wrong by an hour, and their clocks' rates by 5%. */
  dates(member: SimulatedMember, since: string): void {
    const offMs = Math.abs(Date.parse(since) - EPOCH_MS - this.#now())
    if (offMs > LONG_AGO_MS) this.breach(`${member.name} says that it leads since ${since}`)
  }

  answers(member: SimulatedMember, leadership: Leadership): void {
    this.acts(member, "answers")
    const now = this.latest?.leadership
    if (now !== leadership) {
      this.breach(
        `${member.name} answers under term ${leadership.term} while ${now?.term} is there`,
      )
    }
  }

  /** After each event: whoever was superseded does not lead, and what leads has not heard its signal. */
  check(): void {
    for (const reign of this.#live) {
      if (reign === this.latest || reign.member.machine.state !== "running") continue
      const { name, coordinator } = reign.member
      if (coordinator.leads())
        this.breach(`${name} leads with term ${reign.leadership.term}, superseded`)
    }
  }

  /** Whether a member leads at this instant, and could be asked. */
  get isLed(): boolean {
    const { latest } = this
    if (!latest || latest.leadership.signal.aborted) return false
    return latest.member.machine.state === "running" && latest.leadership.isLeading()
  }

  forget(member: SimulatedMember): void {
    for (const reign of this.#live) if (reign.member === member) this.#live.delete(reign)
  }

  #mustHaveEnded(reign: JudgedReign, label: string): void {
    const { member, leadership } = reign
    const { machine } = member
    if (machine.state !== "running") return
    // Its timers are late where the monotonic clock stood still, and due but not rung where it has just been thawed.
    const mayBeLate = machine.suspensions > reign.suspensions || machine.thawedAtMs === this.#now()
    if (mayBeLate) return
    this.breach(`${label} before the signal of ${member.name} with term ${leadership.term} fired`)
  }
}
