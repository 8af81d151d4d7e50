/**
 * One job in a worker's hands: what its handler sees, and until when the worker may count on it. The lease is computed as a
 * reign's is: from when its last acknowledged renewal was sent, and a tenth is left out. Once it is over this worker neither
 * acknowledges the job nor gives it back.
 */
import type { MsgHdrs } from "nats"
import { JobLeaseOver } from "../../errors/job-errors.js"
import { BadRequest } from "../../errors/work-errors.js"
import { computedSignal } from "../../lease/computed-signal.js"
import { Lease } from "../../lease/lease.js"
import type { MemberLabel } from "../../protocol/member.js"
import { type Clock, monoMsOf } from "../../time/clock.js"
import type { JobRecord } from "../contract/job-record.js"
import type { Delivery } from "../contract/job-store.js"
import type { QueueJob } from "../contract/queue-job.js"
import type { RunningJob } from "../contract/running.js"

/** Tokens of one stored message: more often than this it is hardly handed out. */
const TOKENS = 1_000
/** A job of whose lease less is left when it is read lay there while the process stood still. */
const FRESH = 1 / 2
const decoder = new TextDecoder()

export interface TakenJobOptions {
  readonly delivery: Delivery
  readonly record: JobRecord
  readonly leaseMs: number
  readonly clock: Clock
  readonly member: MemberLabel
  /** Says how far it is. */
  readonly tell: (job: TakenJob, progress: unknown) => void
}

export class TakenJob implements QueueJob {
  readonly delivery: Delivery
  readonly record: JobRecord
  readonly member: MemberLabel
  /** When its handler was called, or until then when it was taken. */
  beganMs: number
  hasBegun = false
  /** When the last renewal was sent, by the monotonic clock. */
  renewedMs: number
  isRenewing = false
  /** Whether it is settled, or given up: what its handler still does counts for nothing. */
  isOver = false
  /** How far it is, as it was said last. */
  told: unknown
  readonly #options: TakenJobOptions
  readonly #lease: Lease
  #controller: AbortController | undefined
  #aborted: { readonly reason: unknown } | undefined

  constructor(options: TakenJobOptions) {
    this.#options = options
    const { delivery, record, leaseMs, clock, member } = options
    this.delivery = delivery
    this.record = record
    this.member = member
    this.beganMs = monoMsOf(clock)
    this.renewedMs = delivery.after.monoMs
    this.#lease = new Lease(delivery.after, leaseMs)
  }

  get id(): string {
    return this.record.id
  }

  get queue(): string {
    return this.record.queue
  }

  get priority(): number {
    return this.record.priority
  }

  get attempt(): number {
    return this.record.failures + 1
  }

  get attempts(): number {
    return this.record.attempts
  }

  get enqueuedMs(): number {
    return this.record.sinceMs
  }

  get data(): Uint8Array {
    return this.delivery.data
  }

  get headers(): MsgHdrs | undefined {
    return this.delivery.headers
  }

  get token(): number {
    const { seq, deliveries } = this.delivery
    return seq * TOKENS + Math.min(deliveries, TOKENS - 1)
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#aborted.reason)
      computedSignal(this.#controller, () => this.look())
    }
    return this.#controller.signal
  }

  /** Its handler is called now. */
  begin(): void {
    this.hasBegun = true
    this.beganMs = monoMsOf(this.#options.clock)
  }

  /** For how long it has run, and what was said of it. */
  get running(): RunningJob {
    const { id, queue, attempt, told, member } = this
    const runsForMs = Math.round(this.#options.clock.now().monoMs - this.beganMs)
    const progress = told !== undefined && { progress: told }
    return { id, queue, worker: member.name, attempt, runsForMs, ...progress }
  }

  text(): string {
    return decoder.decode(this.delivery.data)
  }

  json<T>(): T {
    try {
      return JSON.parse(this.text()) as T
    } catch (error) {
      throw new BadRequest("the payload is not JSON", { cause: error })
    }
  }

  progress(value: unknown): void {
    if (!this.isOver) this.#options.tell(this, value)
  }

  /** Whether it is this worker's still. */
  isHeld(): boolean {
    return this.leftMs() > 0
  }

  /** Milliseconds for which it is this worker's, if no further renewal is acknowledged. */
  leftMs(): number {
    return this.#lease.remainingMs(this.#options.clock.now())
  }

  /** Asked when it is read, and so many ms are left of its lease: whether that is too little to begin. */
  isStale(leftMs: number): boolean {
    return leftMs < this.#options.leaseMs * FRESH
  }

  /** Fires the signal if the lease is over; says whether it is. */
  look(): boolean {
    if (this.isHeld()) return false
    this.abort(new JobLeaseOver(this.queue, this.id))
    return true
  }

  /** The renewal that was sent at this time was acknowledged. One that was over by then is not this worker's any more. */
  renewed(sent: { readonly monoMs: number; readonly wallMs: number }): void {
    // That of one that was sent later may have come before.
    if (sent.monoMs <= this.renewedMs) return
    if (this.look()) return
    this.#lease.renewed(sent)
    this.renewedMs = sent.monoMs
  }

  /** Fires the signal, once. */
  abort(reason: unknown): void {
    this.#aborted ??= { reason }
    this.#controller?.abort(this.#aborted.reason)
  }

  /** Why its signal has fired; undefined if it has not. */
  get abortReason(): unknown {
    return this.#aborted?.reason
  }
}
