/**
 * Ends an attempt: acknowledges it, stores it to be tried again, puts it with the dead, or gives it back. What is to be kept
 * is stored before the job is let go, so that a worker that dies in between repeats both and loses nothing; and nothing is
 * done once the lease is over, for the job may be another's by then.
 */
import type { Bus } from "../../contracts/bus.js"
import type { JobMeter } from "../../contracts/meter.js"
import { copyHeaders } from "../../encoding/headers.js"
import { payloadOf } from "../../encoding/payload.js"
import { reasonOf } from "../../errors/errors.js"
import { fieldOf, isA } from "../../errors/thrown.js"
import { AnswerTooLarge, BadRequest } from "../../errors/work-errors.js"
import { tracedIn } from "../../protocol/trace.js"
import { within } from "../../time/within.js"
import { fateOf } from "../contract/fate.js"
import { LONGEST_MS } from "../contract/job-limits.js"
import { type JobNames, keyOfId } from "../contract/job-names.js"
import { headersFor, headersOfDead, type JobRecord } from "../contract/job-record.js"
import { sizeOf } from "../contract/job-size.js"
import type { ToStore } from "../contract/job-store.js"
import { type Misfortune, misfortuneHeaders } from "../contract/outcome.js"
import { Excuses } from "./excuses.js"
import { HeldStore, type HeldStoreOptions } from "./held-store.js"
import { becameOf } from "./successor.js"
import type { TakenJob } from "./taken-job.js"

/** When a job is tried again that can't be put with the dead, in ms. */
const DEAD_ARE_FULL_MS = 60_000

export interface JobSettlerOptions extends HeldStoreOptions {
  readonly names: JobNames
  readonly bus: Bus
  /** Name of the worker. */
  readonly worker: string
  /** Called before jobs are given back: who keeps them for the worker must forget them first. */
  readonly letGo: (tickets: readonly string[]) => Promise<void>
  readonly meter?: JobMeter | undefined
}

export class JobSettler {
  readonly #options: JobSettlerOptions
  readonly #held: HeldStore

  constructor(options: JobSettlerOptions) {
    this.#options = options
    this.#held = new HeldStore(options)
  }

  /** The handler returned `result`. */
  succeeded(job: TakenJob, result: unknown): void | Promise<void> {
    let payload: Uint8Array
    try {
      payload = payloadOf(result, "answer")
      const { maxPayload = Number.POSITIVE_INFINITY } = this.#options.store
      const traced = tracedIn(job.headers)
      const headers = traced.length > 0 ? copyHeaders(traced) : undefined
      const bytes = sizeOf({ data: payload, headers })
      if (bytes > maxPayload) throw new AnswerTooLarge(maxPayload)
    } catch (error) {
      // The work was done, and must not be done again for that.
      this.#report(job, "its result can't be sent", error)
      return this.#end(job, () => this.#done(job, "", "unsent", reasonOf(error)))
    }
    if (job.record.keepResultMs !== undefined) return this.#keep(job, payload)
    return this.#end(job, () => this.#done(job, payload))
  }

  /** The handler threw, or took too long. `crashes` are those so far. */
  async failed(job: TakenJob, thrown: unknown, crashes: number): Promise<void> {
    const record = { ...job.record, failures: job.record.failures + 1, crashes }
    const reason = reasonOf(thrown) || "the handler failed"
    const isForGood = isA(thrown, BadRequest)
    const given = Number(fieldOf(thrown, "retryAfterMs") ?? Number.NaN)
    const afterMs = given >= 0 ? Math.min(given, LONGEST_MS) : undefined
    const failure = { reason, isForGood, afterMs }
    const fate = fateOf(record, record.failures, failure, this.#options.random())
    if (fate.type === "dead") return this.bury(job, record, fate.reason)
    try {
      await this.#again(job, record, fate.afterMs)
    } catch (error) {
      await this.bury(job, record, `${reason}; and it can't be tried again: ${reasonOf(error)}`)
    }
  }

  /** It has failed for good. */
  async bury(job: TakenJob, record: JobRecord, reason: string): Promise<void> {
    const { names, store, worker } = this.#options
    const { queue, priority, id } = record
    const death = { reason, worker, diedMs: Math.round(store.nowMs()) }
    try {
      const isStored = await this.#held.store(job, {
        stream: "dead",
        subject: names.subject("dead", queue, priority, keyOfId(id)),
        data: job.delivery.data,
        headers: headersOfDead(record, job.delivery.headers, death),
        id: becameOf(job),
      })
      if (!isStored) return
      await this.#end(
        job,
        () => {
          this.#options.meter?.ended(queue, "dead")
          this.#tell(job, "", "dead", reason)
        },
        true,
      )
    } catch (error) {
      const way = "make room with: pool jobs retry --dead, or pool jobs discard --dead"
      const what = `it has failed for good, and can't be put with the dead; it is tried again each minute; ${way}`
      this.#report(job, what, error)
      const before = { ...record, failures: job.record.failures }
      // What can't be stored stays as it is, and is handed out again.
      const settle = () => this.#held.settle(job, { backAfterMs: DEAD_ARE_FULL_MS })
      await this.#again(job, before, DEAD_ARE_FULL_MS).catch(settle)
    }
  }

  /** It was cancelled while it ran. */
  cancelled(job: TakenJob, reason: string): void | Promise<void> {
    return this.#end(job, () => {
      this.#options.meter?.ended(job.queue, "cancelled")
      this.#tell(job, "", "cancelled", reason)
    })
  }

  /** It goes on elsewhere, and this delivery counts for nothing: its worker stops, or has no room. `excused` are those so far. */
  async gaveBack(job: TakenJob, excused: number): Promise<void> {
    const { store, names, clock, letGo } = this.#options
    const { seq, ticket } = job.delivery
    // Nobody else may give it back in the worker's name any more, for it may be another's by then.
    try {
      await within(clock, job.leftMs(), letGo([ticket]))
    } catch {
      return
    }
    try {
      await this.#held.store(job, new Excuses(store, names).message(seq, excused + 1))
    } catch (error) {
      this.#report(job, "it is given back, and that counts as a death of its worker", error)
    }
    await this.#held.settle(job, "back")
  }

  /** It came before its time. */
  async tooEarly(job: TakenJob, afterMs: number): Promise<void> {
    await this.#held.settle(job, { backAfterMs: afterMs })
  }

  /** Another message has taken its place. */
  superseded(job: TakenJob): void | Promise<void> {
    return this.#end(job, () => {}, true)
  }

  async #keep(job: TakenJob, payload: Uint8Array): Promise<void> {
    const { names, store } = this.#options
    const { keepResultMs: ttlMs, id } = job.record
    if (store.abilities.hasTtl && ttlMs) {
      const kept: ToStore = {
        ...{ stream: "jobs", subject: names.result(id), data: payload, ttlMs },
        headers: copyHeaders(tracedIn(job.headers), headersFor(job.record, undefined)),
      }
      try {
        if (!(await this.#held.store(job, kept))) return
      } catch (error) {
        this.#report(job, "its result is told, and can't be kept", error)
      }
    }
    await this.#end(job, () => this.#done(job, payload))
  }

  async #again(job: TakenJob, record: JobRecord, afterMs: number): Promise<void> {
    const { names, store } = this.#options
    const { queue, priority, id } = record
    const key = keyOfId(id)
    const until = names.subject("later", queue, priority, key)
    const isStored = await this.#held.store(job, {
      stream: "jobs",
      subject: names.subject("job", queue, priority, key),
      data: job.delivery.data,
      headers: headersFor({ ...record, notBeforeMs: undefined }, job.delivery.headers),
      id: becameOf(job),
      // One subject holds one schedule: what lies there is another job, for which this one was cancelled.
      ...(store.abilities.hasSchedules && { unlessAt: until }),
      due: { atMs: Math.round(store.nowMs() + afterMs), until },
    })
    if (isStored && (await this.#held.confirm(job))) this.#options.meter?.ended(queue, "retried")
  }

  /** It is done with; `tell` is called if it was this worker's still. */
  #end(
    job: TakenJob,
    tell: () => void,
    isToConfirm = this.#options.store.abilities.isReplicated,
  ): void | Promise<void> {
    const settled = isToConfirm ? this.#held.confirm(job) : this.#held.settle(job, "done")
    if (settled === true) return tell()
    if (settled) return settled.then((isSettled) => (isSettled ? tell() : undefined))
  }

  #report({ id }: TakenJob, what: string, error: unknown): void {
    this.#options.troubles.report(`job ${id}: ${what}`, error)
  }

  #done(job: TakenJob, payload: Uint8Array | string, outcome?: Misfortune, reason = ""): void {
    this.#options.meter?.ended(job.queue, "done")
    this.#tell(job, payload, outcome, reason)
  }

  #tell(job: TakenJob, payload: Uint8Array | string, outcome?: Misfortune, reason = ""): void {
    const { bus, names, worker } = this.#options
    const traced = tracedIn(job.headers)
    const misfortune = outcome && misfortuneHeaders(outcome, reason, worker)
    const hdrs = traced.length > 0 ? copyHeaders(traced, misfortune) : misfortune
    bus.publish(names.done(job.id), payload, hdrs && { headers: hdrs })
  }
}
