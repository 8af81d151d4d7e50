/**
 * One definition in one reign: reads up to which tick all is decided, fires what is due, sleeps until the next. A tick is
 * fired by storing its job and the new cursor together, over the cursor that was read; if that is refused, or nobody knows
 * whether it was stored, nothing is fired until the cursor was read anew.
 */
import { headers } from "nats"
import type { JobMeter } from "../contracts/meter.js"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited } from "../contracts/unawaited.js"
import { isA, reasonOf } from "../errors/thrown.js"
import { type JobNames, keyOfId } from "../jobs/contract/job-names.js"
import { ID_HEADER, SINCE_HEADER } from "../jobs/contract/job-record.js"
import {
  AlreadyThere,
  type JobStore,
  type PairedFirst,
  type ToStore,
} from "../jobs/contract/job-store.js"
import type { Leadership } from "../lease/leadership.js"
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import { pause } from "../time/within.js"
import type { CronNames } from "./cron-names.js"
import type { CronNews } from "./cron-news.js"
import { type Cursor, encodeCursor, jobIdOf, lastCursor, MOST_CURSORS, specOf } from "./cursor.js"
import { decide, type Ticks } from "./decision.js"
import type { WholeDefinition } from "./definition.js"

/** Of a job that was enqueued by a tick: the name of the definition, and the tick. */
export const CRON_HEADER = "Pool-Cron"
export const TICK_HEADER = "Pool-Cron-Tick"

/** It looks at the clock so often: one on the wall may be moved, and a machine may sleep. */
const LONGEST_SLEEP_MS = 60_000
const ANSWER_MS = 5_000
const PACE = { firstMs: 100, mostMs: 5_000 }
/** Of more that were skipped at once no more are counted. */
const MOST_SKIPPED = 1_000
/** So many cursors are kept of each definition. */
const KEPT = 10

export interface ReignContext {
  readonly meter?: JobMeter | undefined
  readonly leadership: Leadership
  readonly store: JobStore
  readonly names: JobNames
  readonly cron: CronNames
  readonly clock: Clock
  readonly troubles: Troubles
  /** Name of the leader. */
  readonly by: string
  /** Since when this reign watches, on the server's clock. */
  readonly watchedMs: number
}

export class RunningCron {
  readonly #context: ReignContext
  readonly #definition: WholeDefinition
  readonly #ticks: Ticks
  readonly #stopped = new AbortController()
  /** The cursor that was read or written last; undefined if it is to be read anew. */
  #cursor: { readonly seq: number; readonly firedMs: number } | undefined
  /** Places of cursors of this definition, the newest last. */
  #seqs: number[] | undefined
  #nextMs: number | undefined
  #problem: string | undefined

  constructor(context: ReignContext, definition: WholeDefinition, ticks: Ticks) {
    this.#context = context
    this.#definition = definition
    this.#ticks = ticks
  }

  get news(): CronNews {
    const { name, at, tz, job, missed, from } = this.#definition
    const nextMs = this.#nextMs ?? this.#ticks.after(this.#context.store.nowMs())
    return { name, at, tz, job, missed, from, isPaused: false, nextMs, problem: this.#problem }
  }

  /** Fires until the reign ends, or it is stopped. */
  async run(): Promise<void> {
    const { clock, troubles, leadership } = this.#context
    const what = `cron ${this.#definition.name}`
    const pace = new Pace({ clock, random: Math.random, ...PACE })
    const over = () => this.stop()
    leadership.signal.addEventListener("abort", over)
    while (this.#holds()) {
      try {
        const isMore = await this.#fireDue()
        pace.reset()
        this.#problem = undefined
        troubles.works(what)
        if (!isMore) await this.#sleep()
      } catch (error) {
        this.#cursor = undefined
        // Somebody else has fired it, or it was stored without our hearing of it.
        if (!isA(error, AlreadyThere)) {
          this.#problem = reasonOf(error)
          troubles.fails(what, `${what} can't be fired; it is tried again`, error)
        }
        await pace.wait({ signal: this.#stopped.signal })
      }
    }
    leadership.signal.removeEventListener("abort", over)
  }

  stop(): void {
    this.#stopped.abort()
  }

  #holds(): boolean {
    return !this.#stopped.signal.aborted && this.#context.leadership.isLeading()
  }

  /** Fires what is due; says whether there may be more. */
  async #fireDue(): Promise<boolean> {
    const { store, watchedMs } = this.#context
    this.#cursor ??= await this.#read()
    const { firedMs } = this.#cursor
    const position = { firedMs, watchedMs, nowMs: store.nowMs() }
    const { fire, nextMs } = decide(this.#ticks, this.#definition, position)
    this.#nextMs = nextMs
    for (const tickMs of fire) {
      if (!this.#holds()) return false
      await this.#fire(tickMs)
    }
    return fire.length > 0
  }

  /** Where the last leader stopped; what was never watched for begins now. */
  async #read(): Promise<{ readonly seq: number; readonly firedMs: number }> {
    const { store, cron } = this.#context
    const { name, sinceMs } = this.#definition
    const { seq, last } = await lastCursor(store, cron.cursor(name))
    if (last?.spec === specOf(this.#definition)) {
      return { seq, firedMs: Math.max(last.atMs, sinceMs ?? 0) }
    }
    if (sinceMs !== undefined) return { seq, firedMs: Math.max(sinceMs, last?.atMs ?? 0) }
    const nowMs = Math.round(store.nowMs())
    const begun = await store.store(this.#cursorAt(nowMs, seq))
    return { seq: begun.seq, firedMs: nowMs }
  }

  async #fire(tickMs: number): Promise<void> {
    const { store, names, leadership } = this.#context
    const { name, job: queue, data } = this.#definition
    const id = jobIdOf(name, tickMs)
    const hdrs = headers()
    hdrs.set(ID_HEADER, id)
    hdrs.set(SINCE_HEADER, String(Math.round(store.nowMs())))
    hdrs.set(CRON_HEADER, name)
    hdrs.set(TICK_HEADER, new Date(tickMs).toISOString())
    const timeoutMs = Math.max(1, Math.min(ANSWER_MS, Math.ceil(leadership.remainingMs())))
    const subject = names.subject("job", queue, 0, keyOfId(id))
    const job: ToStore = { stream: "jobs", subject, data, headers: hdrs, timeoutMs }
    const before = this.#cursor?.seq ?? 0
    const { seq } = await storeTick(
      store,
      { ...this.#cursorAt(tickMs, before, id), timeoutMs },
      job,
    )
    this.#measured(tickMs)
    this.#cursor = { seq, firedMs: tickMs }
    unawaited(this.#tidy(seq))
  }

  /** What lies between the last tick that was decided and this one was skipped. */
  #measured(tickMs: number): void {
    const { meter } = this.#context
    if (!meter) return
    let skipped = 0
    let tick = this.#ticks.after(this.#cursor?.firedMs ?? tickMs)
    for (; tick !== undefined && tick < tickMs && skipped < MOST_SKIPPED; skipped += 1) {
      tick = this.#ticks.after(tick)
    }
    meter.ticked(this.#definition.name, skipped)
  }

  #cursorAt(atMs: number, over: number, job?: string): ToStore & { readonly lastAt: number } {
    const { store, cron, by, leadership } = this.#context
    const firedMs = Math.round(store.nowMs())
    const { term } = leadership
    const cursor: Cursor = { atMs, spec: specOf(this.#definition), job, by, term, firedMs }
    const subject = cron.cursor(this.#definition.name)
    const data = encodeCursor(cursor)
    return { stream: "jobs", subject, data, headers: headers(), lastAt: over }
  }

  /** Leaves the last few cursors; what is left over because that failed goes with the next. */
  async #tidy(seq: number): Promise<void> {
    const { store, cron } = this.#context
    try {
      const subject = cron.cursor(this.#definition.name)
      const before =
        this.#seqs ?? (await store.list("jobs", subject, MOST_CURSORS)).map((one) => one.seq)
      this.#seqs = [...before.filter((one) => one < seq), seq]
      while (this.#seqs.length > KEPT) await store.remove("jobs", this.#seqs.shift() as number)
    } catch {
      this.#seqs = undefined
    }
  }

  /** Until the next tick is due, or it is stopped. */
  #sleep(): Promise<void> {
    const { clock, store } = this.#context
    const leftMs = (this.#nextMs ?? Number.POSITIVE_INFINITY) - store.nowMs()
    const ms = Math.min(LONGEST_SLEEP_MS, Math.max(1, Math.ceil(leftMs)))
    return pause(clock, ms, this.#stopped.signal)
  }
}

/**
 * Stores the cursor and the job together. Where the server has no batches the job is stored first, under an id that is refused
 * twice, and then the cursor: who dies in between has fired it, and who comes after fires it once more only if that job is
 * done, and its id forgotten.
 */
async function storeTick(
  store: JobStore,
  cursor: PairedFirst,
  job: ToStore,
): Promise<{ readonly seq: number }> {
  if (store.abilities.hasBatches) return store.storePair(cursor, job)
  try {
    await store.store({ ...job, id: job.headers.get(ID_HEADER), unlessAt: job.subject })
  } catch (error) {
    if (!isA(error, AlreadyThere)) throw error
  }
  return store.store(cursor)
}
