/**
 * One member of the simulated pool: the real coordinator on a machine and a link of its own, and a seat that answers
 * requests as tracked work does. Everything it shows outside is judged.
 */
import type { BusMessage, BusSubscription } from "../../src/contracts/bus.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { Coordinator } from "../../src/coordinator/coordinator.js"
import type { Duties } from "../../src/coordinator/coordinator-options.js"
import type { EndReason, Leadership } from "../../src/lease/leadership.js"
import type { Timings } from "../../src/lease/timings.js"
import { LeadCall } from "../../src/member/lead-call.js"
import type { Heir, StandingClaim, Word } from "../../src/protocol/claim.js"
import type { Sizes } from "../../src/protocol/crowd.js"
import { MEMBER_VERSION, type MemberState } from "../../src/protocol/member.js"
import { CLAIM_KEY, namesOf } from "../../src/protocol/names.js"
import type { Strategy } from "../../src/strategies/strategy.js"
import { pause } from "../../src/time/within.js"
import type { Chance } from "./chance.js"
import type { Judge } from "./judge.js"
import type { Link } from "./link.js"
import type { Machine } from "./machine.js"
import { VirtualBucket } from "./virtual-bucket.js"
import { VirtualBus } from "./virtual-bus.js"
import type { VirtualServer } from "./virtual-server.js"

export const NAMES = namesOf("work")
/** How long a reign that ends kindly waits for `lead`, in ms. */
const LEAD_GRACE_MS = 20
const SETTLED_LEASES = 2.3

export interface MemberOptions {
  readonly name: string
  readonly machine: Machine
  readonly link: Link
  readonly server: VirtualServer
  readonly timings: Timings
  readonly sizes: Sizes
  readonly judge: Judge
  readonly chance: Chance
  readonly eligible: boolean
  readonly weight: number
  readonly strategy: Strategy
  readonly preemptAfterMs: number | undefined
  /** How long what a reign started takes to wind down, in ms. */
  readonly windDownMs: number
  /** How long its `lead` needs to return after its signal, in ms. */
  readonly tidyMs: number
  /** How long a request takes, in ms. */
  readonly workMs: number
  /** On the timeline. */
  readonly nowMs: () => number
  /** All that live. */
  readonly others: () => readonly SimulatedMember[]
  readonly note: (what: string) => void
}

export class SimulatedMember implements Duties {
  readonly name: string
  readonly id: string
  readonly eligible: boolean
  readonly weight: number
  readonly machine: Machine
  readonly link: Link
  readonly coordinator: Coordinator
  readonly leadCall: LeadCall
  /** When its `lead` last returned after it had lingered, on the timeline. */
  lingeredUntilMs = Number.NEGATIVE_INFINITY
  /** `gone` once it has left, or failed to join. */
  state: MemberState | "gone" = "starting"
  /** Its last own claim, as its supervisor hears of it. */
  held: StandingClaim | undefined
  /** Done when it next claims, or renews what it holds. */
  onceItClaims: (() => void) | undefined
  /** The last word that came to it. */
  #word: Word | undefined
  /** How often it reported trouble. */
  reports = 0
  readonly #options: MemberOptions
  readonly #bus: VirtualBus
  readonly #bucket: VirtualBucket
  #subscription: BusSubscription | undefined
  #held: BusMessage[] = []
  #leadership: Leadership | undefined
  #nonces = 0
  #readyMs = Number.POSITIVE_INFINITY

  constructor(options: MemberOptions) {
    this.#options = options
    const { name, machine, link, server, judge, chance, note } = options
    this.name = name
    this.id = `id-${name}`
    this.eligible = options.eligible
    this.weight = options.weight
    this.machine = machine
    this.link = link
    const bus = new VirtualBus(link, server)
    const bucket = new VirtualBucket(link, server)
    this.#bus = bus
    this.#bucket = bucket
    bus.onPublish = (subject) => judge.acts(this, `publishes to ${subject}`)
    bucket.onWrite = (key) => {
      if (key !== CLAIM_KEY) return
      judge.acts(this, "writes the claim")
      const { onceItClaims } = this
      this.onceItClaims = undefined
      onceItClaims?.()
    }
    this.leadCall = new LeadCall({
      clock: machine,
      onChange: (isShown) => {
        if (isShown) this.lingeredUntilMs = options.nowMs()
        this.coordinator.reconsider(isShown)
      },
      report: (problem) => note(`${name} reports: ${problem}`),
    })
    this.coordinator = new Coordinator({
      context: {
        ...{ names: NAMES, timings: options.timings, sizes: options.sizes },
        ...{ clock: machine, bus, bucket },
        random: () => chance.next(),
        troubles: new Troubles(machine, (problem, error) => {
          this.reports += 1
          const why = error instanceof Error ? `: ${error.message}` : ""
          note(`${name} reports: ${problem}${why}`)
        }),
      },
      strategy: options.strategy,
      preemptAfterMs: options.preemptAfterMs,
      duties: this,
      portrait: () => this.#portrait(),
      mayLead: () => this.eligible && !this.leadCall.isRunning,
      nonce: () => `${name}-${++this.#nonces}`,
      onClaim: (standing, isOwn) => {
        if (isOwn) this.held = standing
        if (isOwn) judge.dates(this, standing.claim.since)
      },
      onWord: (word) => {
        this.#word = word
      },
    })
    link.onConnection = (isUp) => {
      note(`${name} ${isUp ? "is connected again" : "notices that it is cut off"}`)
      this.coordinator.connection(isUp)
    }
    link.onDropped = () => {
      bus.dropped()
      bucket.dropped()
    }
    link.onReconnected = () => {
      bus.reconnected()
      bucket.reconnected()
    }
  }

  /** Whether it has been ready for some leases: then it hears all that it is to hear. */
  get isSettled(): boolean {
    const { nowMs, timings } = this.#options
    return this.state === "ready" && nowMs() - this.#readyMs > timings.leaseMs * SETTLED_LEASES
  }

  async join(): Promise<void> {
    await this.coordinator.join(() => {
      if (this.state === "starting") this.state = "ready"
      this.#readyMs = this.#options.nowMs()
    })
  }

  /** Whether a claim, or a renewal, is on its way that nobody has heard of. */
  get isClaiming(): boolean {
    return this.#bucket.isWriting(CLAIM_KEY)
  }

  /** Whether its last `lead` goes on although its reign is over. */
  get isTidying(): boolean {
    return this.leadCall.isRunning && !this.coordinator.leads()
  }

  /** As a worker leaves: hands on, deletes its entry, closes its connection. */
  async leave(): Promise<void> {
    this.state = "draining"
    const { membership } = this.coordinator
    const left = this.coordinator.leave("stopping")
    membership.renewAfter(left)
    await left
    await membership.leave()
    await this.#bus.flush().catch(() => {})
    this.state = "gone"
    this.machine.die()
    this.link.close(false)
  }

  resign(reason: EndReason, to?: Heir): Promise<void> {
    return this.coordinator.resign(reason, to)
  }

  prepare(): void {
    this.#subscription ??= this.#bus.subscribe(NAMES.leader, {
      callback: (_, message) => this.#take(message),
    })
  }

  abandon(): void {
    this.#held = []
    this.#leadership = undefined
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
  }

  begin(leadership: Leadership): void {
    this.#options.note(`${this.name} LEADS with term ${leadership.term}`)
    leadership.signal.addEventListener("abort", () => {
      const { reason } = leadership.signal.reason
      this.#options.note(`${this.name} leads no more (term ${leadership.term}): ${reason}`)
    })
    this.#options.judge.began(this, leadership, this.#options.others(), this.#word)
    this.#leadership = leadership
    for (const message of this.#held.splice(0)) this.#take(message)
  }

  takeUp(leadership: Leadership): void {
    if (leadership.isLeading()) this.#lead(leadership)
  }

  async windDown(): Promise<void> {
    const { windDownMs } = this.#options
    if (windDownMs > 0 || this.leadCall.isRunning) {
      const winding = windDownMs && pause(this.machine, windDownMs)
      await Promise.all([winding, this.leadCall.outlast(LEAD_GRACE_MS)])
    }
    await this.#subscription?.drain().catch(() => {})
  }

  close(): void {
    this.abandon()
  }

  layDown(): void {}

  lapse(): void {
    this.abandon()
    this.leadCall.outlast(this.#options.timings.stepMs)
  }

  #lead({ term, signal }: Leadership): void {
    const { judge, tidyMs } = this.#options
    judge.leadBegan(this)
    const work = new Promise<void>((resolve) => {
      const returns = () => {
        judge.leadReturned(this)
        resolve()
      }
      const end = () => void (tidyMs === 0 ? returns() : this.machine.after(tidyMs, returns))
      signal.addEventListener("abort", end, { once: true })
    })
    this.leadCall.began(term, work)
  }

  #take(message: BusMessage): void {
    const leadership = this.#leadership
    if (!leadership) {
      this.#held.push(message)
      return
    }
    if (!leadership.isLeading()) return
    const answer = () => {
      if (leadership.remainingMs() <= 0) return
      this.#options.judge.answers(this, leadership)
      message.respond(String(leadership.term))
    }
    if (this.#options.workMs === 0) answer()
    else this.machine.after(this.#options.workMs, answer)
  }

  #portrait() {
    const { lingeringTerm: term } = this.leadCall
    return {
      id: this.id,
      name: this.name,
      host: "h",
      pid: 1,
      eligible: this.eligible && term === undefined,
      ...(term !== undefined && { lingering: { term } }),
      weight: this.weight,
      labels: {},
      state: this.state === "gone" ? ("draining" as const) : this.state,
      counters: { done: 0, failed: 0, busy: 0 },
      control: false,
      version: MEMBER_VERSION,
    }
  }
}
