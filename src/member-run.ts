/**
 * One run of one member: from joining the pool under a new id to leaving it. Puts together the coordinator, simple
 * and tracked work, orders and discovery; knows nothing of connections or processes.
 */
import { randomInt } from "node:crypto"
import { nuid } from "nats"
import type { Bucket } from "./bucket.js"
import type { Bus, BusSubscription } from "./bus.js"
import { type Heir, reignOf, type StandingClaim } from "./claim.js"
import type { Clock } from "./clock.js"
import type { Timings } from "./config.js"
import { takeOrders } from "./control.js"
import { Coordinator } from "./coordinator.js"
import { Discovery, type Standing } from "./discovery.js"
import type { Handlers } from "./handler.js"
import type { EndReason, Leadership } from "./leadership.js"
import { MEMBER_VERSION, type Member, type MemberState } from "./member.js"
import type { SelfPortrait } from "./membership.js"
import type { PoolNames } from "./names.js"
import type { Order } from "./orders.js"
import { LeaderSeat } from "./seat.js"
import { SimpleWork } from "./simple-work.js"
import type { Strategy } from "./succession.js"
import { TrackedWork } from "./tracked-work.js"
import { within } from "./within.js"
import { BadRequest } from "./work-errors.js"

/** What a member is, whatever it runs on. */
export interface Character {
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly eligible: boolean
  readonly weight: number
  readonly labels: Readonly<Record<string, string>>
  /** Whether it obeys orders. */
  readonly control: boolean
}

export interface MemberRunOptions {
  readonly bus: Bus
  readonly bucket: Bucket
  readonly names: PoolNames
  readonly clock: Clock
  readonly timings: Timings
  readonly strategy: Strategy
  readonly character: Character
  readonly handlers: (leadership: () => Leadership | undefined) => Handlers
  readonly concurrency?: number | undefined
  readonly handlerTimeoutMs?: number | undefined
  readonly maxPayload?: number | undefined
  /** How long simple work in flight may take to finish when the member leaves, in ms. */
  readonly graceMs: number
  /** How long what a reign started may take to finish when it ends kindly, in ms. */
  readonly leaderGraceMs: number
  readonly obey: (order: Order) => void
  /** What reigned failed: the reign is being given up. */
  readonly onFailed: (error: unknown) => void
  readonly onClaim: (standing: StandingClaim, isOwn: boolean) => void
  readonly onReign: (leadership: Leadership | undefined) => void
  readonly report: (problem: string, error?: unknown) => void
}

export class MemberRun {
  readonly id = nuid.next()
  readonly coordinator: Coordinator
  readonly #options: MemberRunOptions
  readonly #simple: SimpleWork | undefined
  readonly #tracked: TrackedWork
  readonly #discovery: Discovery
  #orders: BusSubscription | undefined
  #state: MemberState = "starting"

  constructor(options: MemberRunOptions) {
    this.#options = options
    const { bus, names, clock, character, report } = options
    const { concurrency, handlerTimeoutMs, maxPayload } = options
    const member = { id: this.id, name: character.name }
    const handlers = options.handlers(() => this.coordinator.leadership)
    const shared = {
      bus,
      clock,
      member,
      ...(handlerTimeoutMs === undefined ? {} : { handlerTimeoutMs }),
      ...(maxPayload === undefined ? {} : { maxPayload }),
      onProblem: (problem: Error) => report("a subscription failed", problem),
    }
    const { work, leaderWork, lead } = handlers
    this.#simple =
      work &&
      new SimpleWork({
        ...shared,
        subject: names.work,
        handler: (job) => work(job),
        ...(concurrency === undefined ? {} : { concurrency }),
      })
    this.#tracked = new TrackedWork({
      ...shared,
      subject: names.leader,
      handler: (job, leadership) => {
        if (leaderWork) return leaderWork(job, leadership)
        throw new BadRequest(`pool "${names.pool}" does no tracked work`)
      },
    })
    this.#discovery = new Discovery({
      bus,
      names,
      member,
      simple: this.#simple?.tally,
      tracked: this.#tracked.tally,
      standing: () => this.#standing(),
      metadata: { host: character.host, pid: String(character.pid), ...character.labels },
      onProblem: shared.onProblem,
    })
    const seat = new LeaderSeat({
      tracked: this.#tracked,
      lead,
      graceMs: options.leaderGraceMs,
      within: (ms, promise) => within(clock, ms, promise),
      onBegin: (leadership) => {
        this.#discovery.beginReign()
        options.onReign(leadership)
      },
      onEnd: () => {
        this.#discovery.endReign()
        options.onReign(undefined)
      },
      onFailed: options.onFailed,
      report,
    })
    this.coordinator = new Coordinator({
      ...options,
      seat,
      portrait: () => this.#portrait(),
      random: () => randomInt(1_000_000) / 1_000_000,
      nonce: () => nuid.next(),
    })
  }

  /** The member as others see it. */
  get member(): Member {
    return this.coordinator.membership.member
  }

  /** Joins; resolves when it is ready, that is when every server knows its subscriptions. */
  async start(): Promise<void> {
    const { bus, names, character, obey } = this.#options
    if (character.control) {
      const member = { id: this.id, name: character.name }
      this.#orders = takeOrders({ bus, subject: names.control(this.id), member, obey })
    }
    this.#state = "starting"
    await this.coordinator.join(() => {
      this.#simple?.open()
      this.#discovery.open()
      this.#state = "ready"
    })
  }

  /** Takes no simple work until `resume`; keeps its place in the line. */
  pause(): void {
    if (this.#state !== "ready") return
    this.#state = "paused"
    this.#simple?.pause()
    this.coordinator.membership.renew()
  }

  resume(): void {
    if (this.#state !== "paused") return
    this.#state = "ready"
    this.#simple?.resume()
    this.coordinator.membership.renew()
  }

  /** Gives up the seat, if it leads, and stays a member. */
  resign(reason: EndReason, to?: Heir): Promise<void> {
    return this.coordinator.resign(reason, to)
  }

  /**
   * Leaves kindly: hands on the seat, leaves the queue group, finishes what it has in flight within the grace
   * time, and deletes the entry. The successor leads while this one still finishes simple work.
   */
  async stop(reason: EndReason): Promise<void> {
    this.#state = "draining"
    this.#orders?.unsubscribe()
    const { membership } = this.coordinator
    const draining = membership.renew()
    await this.coordinator.leave(reason)
    await this.#simple?.stop(this.#options.graceMs)
    this.#discovery.close()
    await draining
    await membership.leave()
  }

  #standing(): Standing {
    const { standing } = this.coordinator
    const heirs = standing?.claim.heirs ?? []
    const place = heirs.findIndex((heir) => heir.id === this.id) + 1
    return {
      role: this.coordinator.leads() ? "leader" : "follower",
      term: standing && reignOf(standing).term,
      place: place || undefined,
      tracked: this.#tracked.tally.ended,
    }
  }

  #portrait(): SelfPortrait {
    const tallies = [this.#tracked.tally, ...(this.#simple ? [this.#simple.tally] : [])]
    const sum = (field: "done" | "failed" | "busy") =>
      tallies.reduce((total, tally) => total + tally[field], 0)
    return {
      ...this.#options.character,
      id: this.id,
      state: this.#state,
      counters: { done: sum("done"), failed: sum("failed"), busy: sum("busy") },
      version: MEMBER_VERSION,
    }
  }
}
