/**
 * Enqueues jobs. One is stored by one message; its id makes it safe to send that again, so what gets no answer is tried until
 * the timeout. What is unique is refused by the server where it is there already, which is no failure.
 */
import { createHash } from "node:crypto"
import { headers, type MsgHdrs, nuid } from "nats"
import type { Bus } from "../contracts/bus.js"
import { headersOf } from "../encoding/headers.js"
import { payloadOf } from "../encoding/payload.js"
import { ClientClosed, refusalIn } from "../errors/client-errors.js"
import { isAway, RequestTimeout } from "../errors/errors.js"
import { NotAllEnqueued } from "../errors/job-errors.js"
import { isA } from "../errors/thrown.js"
import { checkKind, kind } from "../options/known-options.js"
import { type Clock, monoMsOf } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import {
  checkedJobId,
  checkedQueue,
  type JobNames,
  jobNamesOf,
  keyOf,
} from "./contract/job-names.js"
import {
  ATTEMPTS_HEADER,
  BACKOFF_HEADER,
  ID_HEADER,
  isReserved,
  KEEP_HEADER,
  recordOf,
  SINCE_HEADER,
} from "./contract/job-record.js"
import { checkSize } from "./contract/job-size.js"
import { AlreadyThere, type JobStore, type ToStore } from "./contract/job-store.js"
import { checkedEnqueueOptions, type EnqueueOptions } from "./enqueue-options.js"
import { JobFinder } from "./job-finder.js"
import { JobHandle, type JobHandleOptions } from "./job-handle.js"
import { JobResults } from "./job-results.js"

/** How long enqueuing may take where nothing else is said, in ms. */
const DEFAULT_TIMEOUT_MS = 5_000
/** How long the first try waits for its answer, which may be lost, in ms; each further one waits twice as long. */
const FIRST_TRY_MS = 1_000
/** Between two tries, in ms. */
const PACE = { firstMs: 50, mostMs: 1_000 }
/** How many of many are under way at once. */
const AT_ONCE = 256
const NO_OPTIONS: EnqueueOptions = {}

/** A text has letters, and nobody means a job for each. */
const listOfPayloads = kind(
  "a list of payloads, or something else with one after another",
  (value) => typeof value === "object" && value !== null && Symbol.iterator in value,
)

export interface JobClientOptions {
  readonly pool: string
  readonly store: JobStore
  readonly bus: Bus
  readonly clock: Clock
}

export class JobClient {
  readonly names: JobNames
  readonly finder: JobFinder
  readonly store: JobStore
  readonly #clock: Clock
  readonly #results: JobResults
  /** Of this client's jobs. */
  readonly #prefix = nuid.next()
  #count = 0

  constructor({ pool, store, bus, clock }: JobClientOptions) {
    this.names = jobNamesOf(pool)
    this.store = store
    this.#clock = clock
    this.finder = new JobFinder(store, this.names, bus)
    this.#results = new JobResults(bus)
  }

  /** See PoolClient.enqueue. */
  async enqueue(
    queue: string,
    payload: unknown,
    options: EnqueueOptions = NO_OPTIONS,
  ): Promise<JobHandle> {
    checkedQueue(queue)
    if (options !== NO_OPTIONS) checkedEnqueueOptions(options)
    const data = payloadOf(payload, "payload")
    if (this.#results.isClosed) throw new ClientClosed()
    this.#results.hear(`${this.names.pool}.done.${this.#prefix}.*`)
    this.#count += 1
    const own = `${this.#prefix}-${this.#count}`
    const unique = options.unique === undefined ? undefined : keyOf(options.unique, hash)
    const id = options.id ?? (unique === undefined ? own : `${unique}.${own}`)
    const message = this.#message({ queue, id, key: unique ?? id, data, options })
    // One that the client has numbered is heard of already.
    if (options.id !== undefined) this.#results.hearOne(this.names.done(id))
    let existing: string | undefined
    try {
      existing = await this.#stored(id, message, options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    } catch (error) {
      this.#results.forgetOne(this.names.done(id))
      throw error
    }
    if (existing !== undefined && existing !== id) this.#results.hearOne(this.names.done(existing))
    const isHeard = existing === undefined && options.id === undefined
    const keepsResult = options.keepResultMs !== undefined && this.finder.canKeep
    return this.#handle(queue, existing ?? id, {
      already: existing !== undefined,
      isOwn: isHeard,
      keepsResult: keepsResult && existing === undefined,
    })
  }

  /** See PoolClient.enqueueMany. */
  async enqueueMany(
    queue: string,
    payloads: Iterable<unknown>,
    options: EnqueueOptions | ((payload: unknown, n: number) => EnqueueOptions) = NO_OPTIONS,
  ): Promise<JobHandle[]> {
    checkKind("payloads", payloads, listOfPayloads)
    const all = [...payloads]
    const handles: JobHandle[] = []
    const missing: number[] = []
    let cause: unknown
    let next = 0
    const work = async () => {
      for (let n = next++; n < all.length; n = next++) {
        try {
          const own = typeof options === "function" ? options(all[n], n) : options
          handles[n] = await this.enqueue(queue, all[n], own)
        } catch (error) {
          cause ??= error
          missing.push(n)
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, work))
    if (missing.length === 0) return handles
    // What is wrong with all of them is said plainly.
    if (missing.length === all.length) throw cause
    throw new NotAllEnqueued(
      queue,
      missing.sort((a, b) => a - b),
      all.length,
      { cause },
    )
  }

  /** The job `id`, which anybody may have enqueued. */
  job(queue: string, id: string): JobHandle {
    checkedQueue(queue)
    return this.#handle(queue, checkedJobId(id), {
      already: false,
      isOwn: false,
      keepsResult: false,
    })
  }

  close(): void {
    this.#results.close()
  }

  #handle(
    queue: string,
    id: string,
    what: Pick<JobHandleOptions, "already" | "isOwn" | "keepsResult">,
  ): JobHandle {
    const { already, isOwn, keepsResult } = what
    const { names, finder } = this
    const clock = this.#clock
    const results = this.#results
    return new JobHandle({ queue, id, already, isOwn, keepsResult, names, clock, finder, results })
  }

  #message(of: {
    readonly queue: string
    readonly id: string
    readonly key: string
    readonly data: Uint8Array
    readonly options: EnqueueOptions
  }): ToStore {
    const { queue, id, key, data, options } = of
    const { attempts, backoffMs, keepResultMs, delayMs, priority = 0 } = options
    const given = options.headers && headersOf(options.headers)
    for (const name of given?.keys().filter(isReserved) ?? []) given?.delete(name)
    checkSize(this.store, { data, headers: given })
    const hdrs: MsgHdrs = given ?? headers()
    const set = (name: string, value: number | undefined) => {
      if (value !== undefined) hdrs.set(name, String(value))
    }
    set(ATTEMPTS_HEADER, attempts)
    set(BACKOFF_HEADER, backoffMs)
    set(KEEP_HEADER, keepResultMs)
    const subject = this.names.subject("job", queue, priority, key)
    const isUnique = options.unique !== undefined || options.id !== undefined
    const message: ToStore = {
      ...{ stream: "jobs", subject, data, headers: hdrs, id },
      ...(isUnique && { unlessAt: this.names.anywhere(queue, key) }),
    }
    if (!delayMs) return message
    const nowMs = Math.round(this.store.nowMs())
    // A schedule strips the id by which it is not stored twice, and tells when it fired.
    hdrs.set(ID_HEADER, id)
    set(SINCE_HEADER, nowMs)
    const until = this.names.subject("later", queue, priority, key)
    return { ...message, due: { atMs: nowMs + Math.round(delayMs), until } }
  }

  /** Stores it; returns the id of the job that is there already, if one is. */
  async #stored(id: string, message: ToStore, timeoutMs: number): Promise<string | undefined> {
    const untilMs = monoMsOf(this.#clock) + timeoutMs
    let pace: Pace | undefined
    for (let triesMs = FIRST_TRY_MS; ; triesMs *= 2) {
      const leftMs = untilMs - monoMsOf(this.#clock)
      try {
        const forMs = Math.max(1, Math.min(triesMs, Math.ceil(leftMs)))
        await this.store.store({ ...message, timeoutMs: forMs })
        return undefined
      } catch (error) {
        if (isA(error, AlreadyThere)) {
          const there = await this.store.last("jobs", message.unlessAt as string)
          const record = there && recordOf(there)
          // One whose acknowledgement was lost is there by our own doing.
          if (record) return record.id === id ? undefined : record.id
        } else if (this.#results.isClosed) throw new ClientClosed()
        else if (!isAway(error)) throw refusalIn(error)
        if (this.#clock.now().monoMs >= untilMs) {
          throw new RequestTimeout(message.subject, timeoutMs, { cause: error })
        }
      }
      pace ??= new Pace({ clock: this.#clock, random: Math.random, ...PACE })
      await pace.wait({ limitMs: Math.max(0, untilMs - monoMsOf(this.#clock)) })
    }
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
