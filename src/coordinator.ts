/**
 * Runs one member's election over a bucket and a bus: turns what happens there into events for the state machine,
 * and carries out what it decides. The only file that knows both. What the member does with its leadership (answer
 * tracked work, run `lead`) is behind `Seat`; services know nothing about the election.
 */
import type { Bucket } from "./bucket.js"
import type { Bus, BusSubscription } from "./bus.js"
import {
  decodeAnnouncement,
  decodeWord,
  encodeAnnouncement,
  encodeClaim,
  type Heir,
  type StandingClaim,
} from "./claim.js"
import type { Cancel, Clock } from "./clock.js"
import type { Timings } from "./config.js"
import { Election } from "./election.js"
import type { Decision, ElectionEvent, Found } from "./election-words.js"
import { RevisionMismatch, reasonOf } from "./errors.js"
import { handOn } from "./hand-on.js"
import { type EndReason, type Leadership, ReignEnded } from "./leadership.js"
import { LineWatch, placeOf } from "./line-watch.js"
import { Membership, type SelfPortrait } from "./membership.js"
import { CLAIM_KEY, type PoolNames } from "./names.js"
import { foundIn, membersIn } from "./roster.js"
import type { Strategy } from "./succession.js"
import { within } from "./within.js"

/** What a member does with its leadership. Nothing here may throw. */
export interface Seat {
  /** A claim is about to be sent: listen for tracked work, hold what arrives. */
  prepare(): void
  /** The claim went to somebody else: stop listening, forget what was held. */
  abandon(): void
  /** This member leads: answer what was held, and what comes. */
  begin(leadership: Leadership): void
  /** The reign is ending: take nothing more; resolves when what it started is finished or out of time. */
  windDown(): Promise<void>
  /** What was wound down is handed on: stop listening. */
  close(): void
  /** The reign is over, now: answer nothing more. */
  lapse(): void
}

export interface CoordinatorOptions {
  readonly bucket: Bucket
  readonly bus: Bus
  readonly names: PoolNames
  readonly clock: Clock
  readonly timings: Timings
  readonly strategy: Strategy
  readonly seat: Seat
  readonly portrait: () => SelfPortrait
  readonly random: () => number
  readonly nonce: () => string
  /** Told of each claim this member hears of or writes, as it becomes known. */
  readonly onClaim?: (standing: StandingClaim, isOwn: boolean) => void
  /** Told what went wrong and is being dealt with. */
  readonly report?: (problem: string, error?: unknown) => void
}

export class Coordinator {
  readonly membership: Membership
  readonly #options: CoordinatorOptions
  readonly #report: (problem: string, error?: unknown) => void
  #election: Election | undefined
  #subscriptions: BusSubscription[] = []
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #reign: { readonly leadership: Leadership; readonly abort: AbortController } | undefined
  #line: LineWatch | undefined
  /** Events that came while another one was being dealt with. */
  #waiting: ElectionEvent[] | undefined
  #onDisengaged: (() => void)[] = []
  #isLeft = false

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.#report = options.report ?? (() => {})
    const { bucket, clock, timings, portrait } = options
    this.membership = new Membership({
      bucket,
      clock,
      beatMs: timings.beatMs,
      portrait,
      report: this.#report,
    })
  }

  /**
   * Joins the pool: writes the entry, listens, and takes part in the election from now on. `open` is called when
   * the member may take work; the promise resolves once the server knows all its subscriptions.
   */
  async join(open: () => void = () => {}): Promise<void> {
    const { bus, names, portrait, strategy, timings, random, nonce } = this.#options
    await this.membership.join()
    const { id, name, eligible } = portrait()
    this.#election = new Election({
      ...timings,
      self: { key: this.membership.key, id, name },
      eligible,
      strategy: strategy.name,
      random,
      nonce,
    })
    this.#listen(names.claim, (data) => this.#announced(decodeAnnouncement(data)))
    this.#listen(names.heir(id), (data) => this.#handle({ type: "word", word: decodeWord(data) }))
    open()
    await bus.flush()
    this.#handle({ type: "joined" })
    await this.membership.renew()
  }

  /** Whether this member leads at this instant. If its lease ran out meanwhile, its reign ends here and now. */
  leads(): boolean {
    if (this.#election?.leads(this.#options.clock.now())) return true
    this.#noticeLapse()
    return false
  }

  /** The reign of this member that holds at this instant, if it leads. */
  get leadership(): Leadership | undefined {
    return this.leads() ? this.#reign?.leadership : undefined
  }

  /** The claim as this member knows it. */
  get standing(): StandingClaim | undefined {
    return this.#election?.standing
  }

  /** Gives up the seat, to `to` if it is named; resolves when the reign was handed on or lost. */
  async resign(reason: EndReason, to?: Heir): Promise<void> {
    if (!this.#election?.isEngaged) return
    const disengaged = new Promise<void>((resolve) => this.#onDisengaged.push(resolve))
    this.#handle(to ? { type: "resign", reason, to } : { type: "resign", reason })
    await disengaged
  }

  /** Leaves the election after giving up the seat. The entry stays, until `membership.leave`. */
  async leave(reason: EndReason): Promise<void> {
    await this.resign(reason)
    this.#isLeft = true
    this.#timer?.cancel()
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  /** The connection came back, or was lost. */
  connection(isUp: boolean): void {
    this.#handle({ type: isUp ? "connected" : "disconnected" })
    if (isUp) this.membership.renew()
  }

  /** A process that was frozen may be asked before its timer rings: then the reign ends in the question. */
  #noticeLapse(): void {
    const hasLapsed =
      this.#election?.reign && this.#election.remainingMs(this.#options.clock.now()) === 0
    if (hasLapsed) this.#handle({ type: "wake" })
  }

  #listen(subject: string, take: (data: Uint8Array) => void): void {
    const callback = (error: Error | null, message: { data: Uint8Array }) => {
      if (error) return this.#report(`lost the subscription to ${subject}`, error)
      try {
        take(message.data)
      } catch (cause) {
        this.#report(`ignored a message on ${subject}: ${reasonOf(cause)}`)
      }
    }
    this.#subscriptions.push(this.#options.bus.subscribe(subject, { callback }))
  }

  #announced(standing: StandingClaim): void {
    const isOwn = standing.claim.id === this.#options.portrait().id
    if (!isOwn) this.#options.onClaim?.(standing, false)
    this.#handle({ type: "heard", found: { kind: "claim", standing } })
  }

  #handle(event: ElectionEvent): void {
    const election = this.#election
    if (!election || this.#isLeft) return
    if (this.#waiting) {
      this.#waiting.push(event)
      return
    }
    this.#waiting = [event]
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      for (const decision of election.handle(next, this.#options.clock.now())) {
        this.#carryOut(decision)
      }
    }
    this.#waiting = undefined
    if (!election.isEngaged) for (const resolve of this.#onDisengaged.splice(0)) resolve()
    this.#arm(election)
  }

  #arm(election: Election): void {
    const atMs = election.wakeAtMs
    // A timer that rings too early is cheaper than one that is moved with every renewal heard.
    if (atMs === undefined || (this.#timer && this.#timer.atMs <= atMs)) return
    this.#timer?.cancel()
    const { clock } = this.#options
    const cancel = clock.after(Math.max(0, atMs - clock.now().monoMs), () => {
      this.#timer = undefined
      this.#handle({ type: "wake" })
    })
    this.#timer = { atMs, cancel }
  }

  #carryOut(decision: Decision): void {
    const { seat } = this.#options
    switch (decision.do) {
      case "read":
        return this.#read(decision.id)
      case "rank":
        return this.#rank()
      case "claim":
        seat.prepare()
        return this.#write(decision)
      case "renew":
        return this.#write(decision)
      case "stand-down":
        return seat.abandon()
      case "lead":
        return this.#lead(decision.term)
      case "announce":
        return this.#announce(decision.standing)
      case "wind-down":
        this.#endReign(decision.reason)
        seat.windDown().then(() => this.#handle({ type: "wound-down" }))
        return
      case "stop-leading":
        this.#endReign(decision.reason)
        return seat.lapse()
      case "hand-on":
        return this.#handOn(decision)
    }
  }

  #read(id: number): void {
    this.#inTime(this.#options.bucket.get(CLAIM_KEY)).then(
      (entry) => this.#handle({ type: "read", id, found: foundIn(entry) }),
      (error) => {
        this.#report("the claim could not be read", error)
        this.#handle({ type: "read-failed", id })
      },
    )
  }

  #rank(): void {
    const { bucket, strategy, timings } = this.#options
    this.#inTime(bucket.entries()).then(
      (entries) => {
        const members = membersIn(entries)
        const self = this.membership.member
        const oldestNewcomer = self.start - timings.leaseMs * 1000
        const veterans = members.some((member) => member.start < oldestNewcomer)
        const place = placeOf(self, members, strategy)
        this.#handle({ type: "ranked", place: place < 0 ? members.length : place, veterans })
      },
      (error) => {
        this.#report("the members could not be listed", error)
        this.#handle({ type: "rank-failed" })
      },
    )
  }

  #write({ attempt, over, claim }: Extract<Decision, { do: "claim" | "renew" }>): void {
    this.#inTime(this.#options.bucket.write(CLAIM_KEY, encodeClaim(claim), over)).then(
      (revision) => this.#handle({ type: "written", attempt, revision }),
      (error) => {
        if (error instanceof RevisionMismatch) return this.#handle({ type: "refused", attempt })
        this.#report("nobody knows whether the claim was written", error)
        this.#handle({ type: "unsure", attempt })
      },
    )
  }

  #lead(term: number): void {
    const { clock, seat } = this.#options
    const abort = new AbortController()
    const leadership: Leadership = {
      term,
      signal: abort.signal,
      isLeading: () => this.#reign?.leadership === leadership && this.leads(),
      remainingMs: () => {
        const reign = this.#election?.reign
        const leftMs = reign?.term === term ? (this.#election?.remainingMs(clock.now()) ?? 0) : 0
        if (leftMs === 0) this.#noticeLapse()
        return leftMs
      },
    }
    this.#reign = { leadership, abort }
    seat.begin(leadership)
    this.#watchLine()
  }

  #watchLine(): void {
    const { bucket, clock, timings, strategy } = this.#options
    this.#line?.stop()
    this.#line = new LineWatch({
      bucket,
      clock,
      strategy,
      memberTtlMs: timings.memberTtlMs,
      retryMs: timings.renewMs,
      self: () => this.membership.member,
      onLine: (line) => this.#handle({ type: "line", line }),
      onClaim: (found: Found) => this.#handle({ type: "heard", found }),
      report: this.#report,
    })
    this.#line.start()
  }

  #announce(standing: StandingClaim): void {
    this.#options.bus.publish(this.#options.names.claim, encodeAnnouncement(standing))
    this.#options.onClaim?.(standing, true)
  }

  #endReign(reason: EndReason): void {
    const reign = this.#reign
    this.#reign = undefined
    this.#line?.stop()
    this.#line = undefined
    reign?.abort.abort(new ReignEnded(reason, reign.leadership.term))
  }

  #handOn({ reign, standing, reason }: Extract<Decision, { do: "hand-on" }>): void {
    const { bus, bucket, names, clock, timings, seat, portrait } = this.#options
    seat.close()
    const by = portrait().name
    handOn({ bus, bucket, names, clock, stepMs: timings.stepMs, by }, { reign, standing, reason })
      .catch((error) => this.#report("the reign could not be handed on; its lease runs out", error))
      .then(() => this.#handle({ type: "handed-on" }))
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    return within(this.#options.clock, this.#options.timings.renewMs, work)
  }
}
