/**
 * One run of one member: from joining the pool under a new id to leaving it. Puts together the coordinator, simple
 * and tracked work, orders and discovery; knows nothing of connections or processes.
 */
import { nuid } from "nats"
import type { BusSubscription } from "../contracts/bus.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { Coordinator } from "../coordinator/coordinator.js"
import { evict } from "../coordinator/eviction.js"
import type { EndedReign } from "../coordinator/hand-on.js"
import { Discovery, type Position } from "../discovery/discovery.js"
import { HistoryRecorder } from "../history/recorder.js"
import type { EndReason, Leadership } from "../lease/leadership.js"
import type { SelfPortrait } from "../membership/membership.js"
import { type Heir, reignOf, type StandingClaim } from "../protocol/claim.js"
import { MEMBER_VERSION, type Member, type MemberState } from "../protocol/member.js"
import { LeaderDuties } from "./leader-duties.js"
import type { MemberRunOptions } from "./member-run-options.js"
import { MemberWork } from "./member-work.js"
import { takeOrders } from "./take-orders.js"

export class MemberRun {
  readonly id = nuid.next()
  readonly coordinator: Coordinator
  readonly #options: MemberRunOptions
  readonly work: MemberWork
  readonly #discovery: Discovery
  readonly #recorder: HistoryRecorder | undefined
  #orders: BusSubscription | undefined
  #state: MemberState = "starting"

  /** In the order in which things happen: it answers simple work, hears of a claim, takes up its duties; the election is last. */
  constructor(options: MemberRunOptions) {
    this.#options = options
    const { context, character, leadCall, fence, writeHistory: write } = options
    const { strategy, otherPools, preemptAfterMs, meter, onFailed, onBroken } = options
    const { bus, names, clock, timings, troubles } = context
    const member = { id: this.id, name: character.name }
    const handlers = options.handlers(() => this.coordinator.leadership)
    this.work = new MemberWork(options, member, handlers)
    const { simple, tracked } = this.work
    this.#discovery = new Discovery({
      ...{ bus, names, member, simple: simple?.tally, tracked: tracked.tally },
      standing: () => this.#standing(),
      metadata: { host: character.host, pid: String(character.pid), ...character.labels },
      onProblem: (problem) => troubles.report("a subscription failed", problem),
    })
    this.#recorder = write && new HistoryRecorder({ clock, write, troubles })
    const duties = new LeaderDuties({
      ...{ tracked, lead: handlers.lead, leadCall, onFailed, report: troubles.report },
      ...{ graceMs: options.leaderGraceMs, patienceMs: timings.stepMs },
      onPrepare: () => this.#recorder?.known(this.coordinator.standing),
      onBegin: (leadership) => this.#begun(leadership),
      onReturned: (leadership) => this.#returned(leadership),
      onEnd: () => this.#ended(),
    })
    this.coordinator = new Coordinator({
      ...{ context, strategy, otherPools, preemptAfterMs, meter, duties, onBroken },
      portrait: () => this.#portrait(),
      mayLead: () => character.eligible && !leadCall.isRunning,
      nonce: () => nuid.next(),
      publish: fence && ((...message) => fence.publish(...message)),
      onClaim: (...known) => this.#heard(...known),
      onWord: (word) => this.#recorder?.told(word),
      onReleased: (ended) => this.#recorder?.ended(ended),
    })
  }

  /** The member as others see it. */
  get member(): Member {
    return this.coordinator.membership.member
  }

  /** Joins; resolves when it is ready, that is when every server knows its subscriptions. */
  async start(): Promise<void> {
    const { context, character, obey } = this.#options
    if (character.control) {
      const member = { id: this.id, name: character.name }
      const subject = context.names.control(this.id)
      this.#orders = takeOrders({ bus: context.bus, subject, member, obey })
    }
    this.#state = "starting"
    try {
      await this.coordinator.join(() => {
        if (!this.#options.isPaused()) this.work.simple?.open()
        this.#discovery.open()
        this.#state = "ready"
      })
    } catch (error) {
      this.#orders?.unsubscribe()
      this.#discovery.close()
      await this.work.simple?.stop(0)
      throw error
    }
  }

  /** Its worker takes no simple work any more, or takes it again; the place in the line is kept. */
  heedPause(): void {
    if (this.#state !== "ready") return
    const { simple } = this.work
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

  /** Gives up leading, if it does, and stays a member. */
  resign(reason: EndReason, to?: Heir): Promise<void> {
    return this.coordinator.resign(reason, to)
  }

  /**
   * Ends as a member, so that another run can begin: hands on its reign and deletes the entry. Simple work is still
   * taken, and goes on, until `finish`.
   */
  async retire(reason: EndReason): Promise<void> {
    this.#orders?.unsubscribe()
    await this.coordinator.leave(reason)
    await this.#vanish()
  }

  /** Takes no more simple work, and finishes what is in flight within the grace time. */
  async finish(): Promise<void> {
    await this.work.simple?.stop(this.#options.graceMs)
  }

  /** Ends in its own name what it left standing when its coordinator broke: the claim, and the entry. */
  async clearAway(): Promise<void> {
    this.#orders?.unsubscribe()
    const { context, character } = this.#options
    const { membership, standing } = this.coordinator
    const held = standing?.claim.id === this.id ? standing : undefined
    const witness = {
      ...{ ...context, stepMs: context.timings.stepMs, by: character.name },
      onReleased: (ended: EndedReign) => this.#recorder?.ended(ended),
    }
    const dead = { key: membership.key, id: this.id, standing: held }
    await evict(witness, dead, "failed").finally(() => this.#vanish())
  }

  /**
   * Leaves kindly: hands on its reign, leaves the queue group, finishes what it has in flight within the grace
   * time, and deletes the entry. The successor leads while this one still finishes simple work.
   */
  async stop(reason: EndReason): Promise<void> {
    this.#state = "draining"
    this.#orders?.unsubscribe()
    const left = this.coordinator.leave(reason)
    this.#unawaited(this.coordinator.membership.renewAfter(left))
    await left
    const { graceMs, leaderGraceMs, leadCall } = this.#options
    await Promise.all([this.work.simple?.stop(graceMs), leadCall.outlast(leaderGraceMs)])
    await this.#vanish()
  }

  /** Leaves nothing behind: neither an entry, nor what was still to be written. */
  #vanish(): Promise<void> {
    this.#discovery.close()
    this.#recorder?.finish()
    return this.coordinator.membership.leave()
  }

  #heard(standing: StandingClaim, isOwn: boolean, knownMs: number): void {
    const { context, terms, onClaim } = this.#options
    const problem = terms.saw(standing, isOwn)
    if (problem) context.troubles.report(problem)
    context.bucket.reached?.(standing.revision)
    this.#recorder?.claim(standing, isOwn, knownMs)
    onClaim(standing, isOwn)
  }

  #begun(leadership: Leadership): void {
    this.#discovery.beginReign()
    this.#options.onReign(leadership)
    if (this.#options.fenced) this.#unawaited(this.#raiseFence(leadership))
  }

  #ended(): void {
    this.#discovery.endReign()
    this.#options.onReign(undefined)
  }

  async #raiseFence(leadership: Leadership): Promise<void> {
    const { fence, context } = this.#options
    // Begun after this turn, so that the announcement comes first.
    await null
    try {
      await fence?.raise(leadership)
      context.troubles.works("fence")
    } catch (error) {
      context.troubles.fails("fence", "the fence was not raised", error)
    }
  }

  #unawaited(work: Promise<unknown>): void {
    unawaited(work, unexpected(this.#options.context.troubles.report))
  }

  #returned(leadership: Leadership): void {
    this.#options.onLeadReturned(leadership)
    const { leadReturns, onFailed } = this.#options
    if (leadReturns === "release") this.#unawaited(this.resign("released"))
    if (leadReturns === "fail") onFailed(new Error("lead() returned while its reign held"))
  }

  #standing(): Position {
    const { standing } = this.coordinator
    const heirs = standing?.claim.heirs ?? []
    const place = heirs.findIndex((heir) => heir.id === this.id) + 1
    return {
      role: this.coordinator.leads() ? "leader" : "follower",
      term: standing && reignOf(standing).term,
      place: place || undefined,
      tracked: this.work.tracked.tally.ended,
    }
  }

  #portrait(): SelfPortrait {
    const { character, isPaused, leadCall, serverName } = this.#options
    const { lingeringTerm: term } = leadCall
    const server = serverName?.()
    return {
      ...character,
      ...(term !== undefined && { eligible: false, lingering: { term } }),
      id: this.id,
      state: this.#state === "ready" && isPaused() ? "paused" : this.#state,
      counters: this.work.counters,
      ...(server !== undefined && { server }),
      version: MEMBER_VERSION,
      knownTerm: this.#options.terms.highest,
    }
  }
}
