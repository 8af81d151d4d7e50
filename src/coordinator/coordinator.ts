/**
 * Runs one member's election over a bucket and a bus: joins the pool, listens, and turns what happens into events for
 * the state machine; `effects.ts` carries out what that decides. What the member does with its leadership (answer
 * tracked work, run `lead`) is behind `Duties`; services know nothing about the election.
 */
import type { BusMessage, BusSubscription } from "../contracts/bus.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { Election } from "../election/election.js"
import type { ElectionEvent } from "../election/events.js"
import type { EndReason, Leadership } from "../lease/leadership.js"
import { Membership } from "../membership/membership.js"
import { decodeAnnouncement, decodeWord, type Heir, type StandingClaim } from "../protocol/claim.js"
import { listen } from "../protocol/listening.js"
import { nameOf } from "../strategies/ranking.js"
import { Alarm, type Instant } from "../time/clock.js"
import type { CoordinatorOptions } from "./coordinator-options.js"
import { Effects } from "./effects.js"
import type { PoolContext } from "./pool-context.js"
import { RenewalListener } from "./renewal-listener.js"

export class Coordinator {
  readonly membership: Membership
  readonly #options: CoordinatorOptions
  readonly #context: PoolContext
  readonly #effects: Effects
  #election: Election | undefined
  #subscriptions: BusSubscription[] = []
  #renewals: RenewalListener | undefined
  readonly #alarm: Alarm
  /** Events that came while another one was being dealt with. */
  #waiting: ElectionEvent[] | undefined
  #onResigned: (() => void)[] = []
  #isLeft = false

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.#context = options.context
    const { portrait } = options
    const { bucket, clock, timings, troubles } = this.#context
    const { beatMs } = timings
    const restMs = () => this.#restMs()
    this.#alarm = new Alarm(clock, () => this.#handle({ type: "wake" }))
    this.membership = new Membership({ bucket, clock, beatMs, restMs, portrait, troubles })
    this.#effects = new Effects(options, {
      self: () => this.membership.member,
      serverMs: () => this.membership.serverMs(),
      answer: (event) => this.#handle(event),
      noticeLapse: () => this.#noticeLapse(),
    })
  }

  /**
   * Joins the pool: writes the entry, listens, and takes part in the election from now on. `open` is called when
   * the member may take work; the promise resolves once the server knows all its subscriptions. If it rejects,
   * nothing is left running.
   */
  async join(open: () => void = () => {}): Promise<void> {
    try {
      await this.membership.join()
      this.#stay()
      this.#listen()
      open()
      await this.#context.bus.flush()
      this.#stay()
    } catch (error) {
      // It may have been told, and have claimed, before it was ready.
      if (this.#election?.isEngaged) this.#drop()
      else this.#quit()
      this.#unawaited(this.membership.leave())
      throw error
    }
    this.#handle({ type: "joined" })
    await this.membership.renew()
  }

  /** Whether this member leads at this instant. If its lease ran out meanwhile, its reign ends here and now. */
  leads(): boolean {
    if (this.#election?.lease?.leads(this.#context.clock.now())) return true
    this.#noticeLapse()
    return false
  }

  /** The reign of this member that holds at this instant, if it leads. */
  get leadership(): Leadership | undefined {
    return this.leads() ? this.#effects.leadership : undefined
  }

  /** The claim as this member knows it. */
  get standing(): StandingClaim | undefined {
    return this.#election?.standing
  }

  /** Gives up leading, to `to` if it is named; resolves when the reign was handed on or lost. */
  async resign(reason: EndReason, to?: Heir): Promise<void> {
    if (this.#isLeft || !this.#election?.isEngaged) return
    const resigned = new Promise<void>((resolve) => this.#onResigned.push(resolve))
    this.#handle(to ? { type: "resign", reason, to } : { type: "resign", reason })
    await resigned
  }

  /** Leaves the election after giving up leading. The entry stays, until `membership.leave`. */
  async leave(reason: EndReason): Promise<void> {
    // It may be handed the next reign while it hands on this one.
    while (!this.#isLeft && this.#election?.isEngaged) await this.resign(reason)
    this.#quit()
  }

  /** The connection came back, or was lost. */
  connection(isUp: boolean): void {
    this.#handle({ type: isUp ? "connected" : "disconnected" })
    if (isUp) this.#unawaited(this.membership.renew())
  }

  /** Renews now what it holds: the claim, if it leads, and the entry, whose write comes after. Resolves with that one. */
  renew(): Promise<void> {
    this.#handle({ type: "connected" })
    return this.membership.renew()
  }

  /** Whether this member may lead has changed; `isShown` if its entry tells. */
  reconsider(isShown: boolean): void {
    this.#handle({ type: "wake" })
    if (!isShown) return
    // Who stands in line again is counted on at once; who does not any more may just be handing on.
    if (this.#options.portrait().eligible) this.#unawaited(this.membership.renew())
    else this.#unawaited(this.membership.renewAfter(new Promise(() => {})))
  }

  /** How long its entry may stay without a renewal, if nobody counts on it. */
  #restMs(): number | undefined {
    const { standing, isEngaged } = this.#election ?? {}
    if (!standing || isEngaged) return undefined
    return this.#renewals?.restMs(standing.claim, this.#context.timings.leaseMs)
  }

  #unawaited(work: Promise<unknown>): void {
    unawaited(work, unexpected(this.#context.troubles.report))
  }

  #stay(): void {
    if (this.#isLeft) throw new Error("left before it had joined")
  }

  #quit(): void {
    this.#isLeft = true
    this.#alarm.cancel()
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe()
    this.#renewals?.stop()
  }

  #listen(): void {
    const { portrait, strategy, nonce } = this.#options
    const { names, timings, random, sizes } = this.#context
    const { id, name, eligible } = portrait()
    const { mayLead = () => eligible } = this.#options
    const self = { key: this.membership.key, id, name }
    const serverMs = (at: Instant) => this.membership.serverMs(at)
    const hear = ({ data }: BusMessage) => this.#announced(data, id)
    const listen = () => this.#subscribe(names.renewals, hear)
    const renewals = new RenewalListener({ id, sizes, random, listen })
    this.#renewals = renewals
    this.#election = new Election({
      ...timings,
      ...sizes,
      ...{ self, mayLead, serverMs, random, nonce, strategy: nameOf(strategy) },
      isAttentive: (claim) => renewals.hearsEachOf(claim),
    })
    const onWord = (message: BusMessage) => {
      const word = decodeWord(message.data)
      this.#effects.toldBy(message)
      this.#handle({ type: "word", word })
      this.#options.onWord?.(word)
    }
    this.#subscriptions = [
      this.#subscribe(names.claim, hear),
      this.#subscribe(names.heir(id), onWord),
    ]
  }

  #subscribe(subject: string, take: (message: BusMessage) => void): BusSubscription {
    const { bus, troubles } = this.#context
    const messages = `messages on ${subject}`
    const hear = (message: BusMessage) => {
      try {
        take(message)
        troubles.works(messages)
      } catch (error) {
        troubles.fails(messages, `ignored a message on ${subject}`, error)
      }
    }
    const onProblem = (error: Error) =>
      troubles.report(`lost the subscription to ${subject}`, error)
    return listen(bus, subject, hear, { onProblem })
  }

  #announced(data: Uint8Array, ownId: string): void {
    const standing = decodeAnnouncement(data)
    this.#handle({ type: "heard", found: { kind: "claim", standing } })
    if (standing.claim.id === ownId) return
    this.#options.onClaim?.(standing, false, this.#context.clock.now().monoMs)
  }

  /** A process that was frozen may be asked before its timer rings: then the reign ends in the question. */
  #noticeLapse(): void {
    if (this.#election?.lease?.hasLapsed(this.#context.clock.now())) this.#handle({ type: "wake" })
  }

  #handle(event: ElectionEvent): void {
    const election = this.#election
    if (!election || this.#isLeft) return
    if (this.#waiting) {
      this.#waiting.push(event)
      return
    }
    this.#waiting = [event]
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        for (const decision of election.handle(next, this.#context.clock.now())) {
          this.#effects.carryOut(decision)
        }
      }
    } catch (error) {
      return this.#break(error)
    }
    this.#waiting = undefined
    // Who holds a claim, or may come to, has other things to do, and needs to hear of none.
    if (!election.isEngaged && election.standing) this.#renewals?.follow(election.standing.claim)
    if (!election.isResigning) for (const resolve of this.#onResigned.splice(0)) resolve()
    const { wakeAtMs } = election
    if (wakeAtMs !== undefined) this.#alarm.setTo(wakeAtMs)
  }

  #break(error: unknown): void {
    this.#waiting = undefined
    this.#drop()
    this.#options.onBroken?.(error)
  }

  /** Quits as it is: its reign ends here and now. */
  #drop(): void {
    this.#quit()
    const { lease, reign } = this.#election ?? {}
    if (lease) lease.phase = "over"
    const { term = 0 } = reign ?? {}
    this.#effects.carryOut({ do: "stop-leading", term, reason: "failed" })
    for (const resolve of this.#onResigned.splice(0)) resolve()
  }
}
