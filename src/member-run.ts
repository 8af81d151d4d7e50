/**
 * One run of one member: from joining the pool under a new id to leaving it. Puts together the coordinator, simple
 * and tracked work, orders and discovery; knows nothing of connections or processes.
 */
import { nuid } from "nats"
import type { BusSubscription } from "./bus.js"
import { Chronicler } from "./chronicler.js"
import { type Heir, reignOf } from "./claim.js"
import { takeOrders } from "./control.js"
import { Coordinator } from "./coordinator.js"
import { Discovery, type Standing } from "./discovery.js"
import { evict } from "./eviction.js"
import type { Fence } from "./fence.js"
import type { EndedReign } from "./hand-on.js"
import type { EndReason, Leadership } from "./leadership.js"
import { MEMBER_VERSION, type Member, type MemberState } from "./member.js"
import type { SelfPortrait } from "./membership.js"
import type { MemberRunOptions } from "./run-options.js"
import { LeaderSeat } from "./seat.js"
import { Services } from "./services.js"
import { unawaited, unexpected } from "./unawaited.js"

export class MemberRun {
  readonly id = nuid.next()
  readonly coordinator: Coordinator
  readonly #options: MemberRunOptions
  readonly #services: Services
  readonly #discovery: Discovery
  readonly #chronicler: Chronicler | undefined
  #orders: BusSubscription | undefined
  #state: MemberState = "starting"

  constructor(options: MemberRunOptions) {
    this.#options = options
    const { bus, names, clock, character, report, writeHistory: write } = options
    const member = { id: this.id, name: character.name }
    const handlers = options.handlers(() => this.coordinator.leadership)
    this.#services = new Services(options, member, handlers)
    const { simple, tracked } = this.#services
    this.#discovery = new Discovery({
      bus,
      names,
      member,
      simple: simple?.tally,
      tracked: tracked.tally,
      standing: () => this.#standing(),
      metadata: { host: character.host, pid: String(character.pid), ...character.labels },
      onProblem: (problem) => report("a subscription failed", problem),
    })
    const seat = new LeaderSeat({
      tracked,
      lead: handlers.lead,
      graceMs: options.leaderGraceMs,
      lastLead: options.lastLead,
      patienceMs: options.timings.stepMs,
      onPrepare: () => this.#chronicler?.known(this.coordinator.standing),
      onBegin: (leadership) => {
        this.#discovery.beginReign()
        options.onReign(leadership)
        if (options.fenced) unawaited(this.#raiseFence(leadership), unexpected(report))
      },
      onEnd: () => {
        this.#discovery.endReign()
        options.onReign(undefined)
      },
      onFailed: options.onFailed,
      onReturned: (leadership) => this.#returned(leadership),
      report,
    })
    if (write) this.#chronicler = new Chronicler({ clock, write, troubles: options.troubles })
    this.coordinator = new Coordinator({
      ...options,
      onClaim: (standing, isOwn) => {
        const problem = options.terms.saw(standing, isOwn)
        if (problem) report(problem)
        options.bucket.reached?.(standing.revision)
        this.#chronicler?.claim(standing, isOwn)
        options.onClaim(standing, isOwn)
      },
      publish: options.fence && ((...message) => (options.fence as Fence).publish(...message)),
      onWord: (word) => this.#chronicler?.told(word),
      onReleased: (ended) => this.#chronicler?.ended(ended),
      seat,
      portrait: () => this.#portrait(),
      mayLead: () => character.eligible && !options.lastLead.isRunning,
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
    try {
      await this.coordinator.join(() => {
        if (!this.#options.isPaused()) this.#services.simple?.open()
        this.#discovery.open()
        this.#state = "ready"
      })
    } catch (error) {
      this.#orders?.unsubscribe()
      this.#discovery.close()
      await this.#services.simple?.stop(0)
      throw error
    }
  }

  /** Its worker takes no simple work any more, or takes it again; the place in the line is kept. */
  heedPause(): void {
    if (this.#state !== "ready") return
    const { simple } = this.#services
    if (this.#options.isPaused()) simple?.pause()
    else {
      simple?.open()
      simple?.resume()
    }
    this.#unawaited(this.coordinator.membership.renew())
  }

  /** Whether it may lead has changed; `isShown` if others are to hear of it. */
  reconsider(isShown: boolean): void {
    this.coordinator.reconsider(isShown)
  }

  /** Gives up the seat, if it leads, and stays a member. */
  resign(reason: EndReason, to?: Heir): Promise<void> {
    return this.coordinator.resign(reason, to)
  }

  /**
   * Ends as a member, so that another run can begin: hands on the seat and deletes the entry. Simple work is still
   * taken, and goes on, until `finish`.
   */
  async retire(reason: EndReason): Promise<void> {
    this.#orders?.unsubscribe()
    await this.coordinator.leave(reason)
    await this.#vanish()
  }

  /** Takes no more simple work, and finishes what is in flight within the grace time. */
  async finish(): Promise<void> {
    await this.#services.simple?.stop(this.#options.graceMs)
  }

  /** Ends in its own name what it left standing when its coordinator broke: the claim, and the entry. */
  async clearAway(): Promise<void> {
    this.#orders?.unsubscribe()
    const { timings, character } = this.#options
    const { key } = this.coordinator.membership
    const { standing } = this.coordinator
    const held = standing?.claim.id === this.id ? standing : undefined
    const options = {
      ...this.#options,
      stepMs: timings.stepMs,
      by: character.name,
      onReleased: (ended: EndedReign) => this.#chronicler?.ended(ended),
    }
    await evict(options, { key, id: this.id, standing: held }, "failed").finally(() =>
      this.#vanish(),
    )
  }

  /**
   * Leaves kindly: hands on the seat, leaves the queue group, finishes what it has in flight within the grace
   * time, and deletes the entry. The successor leads while this one still finishes simple work.
   */
  async stop(reason: EndReason): Promise<void> {
    this.#state = "draining"
    this.#orders?.unsubscribe()
    const left = this.coordinator.leave(reason)
    this.#unawaited(this.coordinator.membership.renewAfter(left))
    await left
    const { graceMs, leaderGraceMs, lastLead } = this.#options
    await Promise.all([this.#services.simple?.stop(graceMs), lastLead.outlast(leaderGraceMs)])
    await this.#vanish()
  }

  /** Leaves nothing behind: neither an entry, nor what was still to be written. */
  #vanish(): Promise<void> {
    this.#discovery.close()
    this.#chronicler?.finish()
    return this.coordinator.membership.leave()
  }

  async #raiseFence(leadership: Leadership): Promise<void> {
    const { fence, troubles } = this.#options
    // Begun after this turn, so that the announcement comes first.
    await null
    try {
      await fence?.raise(leadership)
      troubles.works("fence")
    } catch (error) {
      troubles.fails("fence", "the fence was not raised", error)
    }
  }

  #unawaited(work: Promise<unknown>): void {
    unawaited(work, unexpected(this.#options.report))
  }

  #returned(leadership: Leadership): void {
    this.#options.onLeadReturned(leadership)
    const { leadReturns, onFailed } = this.#options
    if (leadReturns === "release") this.#unawaited(this.resign("released"))
    if (leadReturns === "fail") onFailed(new Error("lead() returned while its reign held"))
  }

  #standing(): Standing {
    const { standing } = this.coordinator
    const heirs = standing?.claim.heirs ?? []
    const place = heirs.findIndex((heir) => heir.id === this.id) + 1
    return {
      role: this.coordinator.leads() ? "leader" : "follower",
      term: standing && reignOf(standing).term,
      place: place || undefined,
      tracked: this.#services.tracked.tally.ended,
    }
  }

  #portrait(): SelfPortrait {
    const { character, isPaused, lastLead } = this.#options
    const { lingeringTerm: term } = lastLead
    return {
      ...character,
      ...(term !== undefined && { eligible: false, lingering: { term } }),
      id: this.id,
      state: this.#state === "ready" && isPaused() ? "paused" : this.#state,
      counters: this.#services.counters,
      version: MEMBER_VERSION,
      knownTerm: this.#options.terms.highest,
    }
  }
}
