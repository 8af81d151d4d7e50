/** A job as who enqueued it, or knows its id, can follow and end it. */
import type { MsgHdrs } from "nats"
import type { BusMessage } from "../contracts/bus.js"
import { ClientClosed, refusalIn } from "../errors/client-errors.js"
import { JobCancelled, JobFailed, JobGone, NoResult, ResultUnsent } from "../errors/job-errors.js"
import { checkKind, checkOptions, having, type KindsOf, waitMs } from "../options/known-options.js"
import type { Cancel, Clock } from "../time/clock.js"
import type { JobNames } from "./contract/job-names.js"
import { misfortuneIn } from "./contract/outcome.js"
import { deathOf, type JobFinder } from "./job-finder.js"
import { JobLooks, LOOK_MS } from "./job-looks.js"
import type { JobResults } from "./job-results.js"

/**
 * `waiting`: until somebody has room for it. `delayed`: until its time, after a failure too. `running`, `dead`, and `gone`:
 * done, cancelled, or never there.
 */
export type JobState = "waiting" | "delayed" | "running" | "dead" | "gone"

/** How a job stands. */
export interface JobStanding {
  readonly state: JobState
  /** How often it has failed. */
  readonly failures: number
  /** Name of the worker that runs it, or had it last when it died. */
  readonly worker?: string
  /** What its handler said last of how far it is, while it runs. */
  readonly progress?: unknown
  /** Why it died. */
  readonly reason?: string
}

/** How to wait for a result. */
export interface ResultOptions {
  /** How long, in ms. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined
  /** Gives up waiting; the job goes on. */
  readonly signal?: AbortSignal | undefined
}

const RESULT_OPTIONS = {
  timeoutMs: waitMs,
  signal: having("an AbortSignal", "addEventListener"),
} satisfies KindsOf<ResultOptions>

/** What a job came to. */
export class JobResult {
  /** @internal */
  constructor(
    /** What its handler returned, as it was sent. */
    readonly data: Uint8Array,
    /** Headers that came with it. */
    readonly headers: MsgHdrs | undefined,
  ) {}

  /** As text (UTF-8). */
  text(): string {
    return new TextDecoder().decode(this.data)
  }

  /** As JSON. Throws SyntaxError if it is none. */
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T
  }
}

/** @internal */
export interface JobHandleOptions {
  readonly queue: string
  readonly id: string
  readonly already: boolean
  readonly isOwn: boolean
  readonly keepsResult: boolean
  readonly names: JobNames
  readonly clock: Clock
  readonly finder: JobFinder
  readonly results: JobResults
}

/** A job that was enqueued. Made by PoolClient.enqueue. */
export class JobHandle {
  /** Unique to this job. */
  readonly id: string
  readonly queue: string
  /** Whether it was there already, by what it is unique by: then nothing was stored, and this is that job. */
  readonly already: boolean
  /** Whether its result is kept, as its enqueuing asked with keepResultMs: a server below 2.11 keeps none. */
  readonly keepsResult: boolean
  readonly #options: JobHandleOptions

  /** @internal */
  constructor(options: JobHandleOptions) {
    this.#options = options
    this.id = options.id
    this.queue = options.queue
    this.already = options.already
    this.keepsResult = options.keepsResult
  }

  /**
   * Waits until the job is done, over all its attempts. Throws JobFailed, JobCancelled, ResultUnsent, NoResult after
   * `timeoutMs`, JobGone if it is over and nobody told here (NotPermitted, if nobody may), ClientClosed, and the reason of
   * `signal`.
   */
  async result(options: ResultOptions = {}): Promise<JobResult> {
    checkOptions("a result", options, RESULT_OPTIONS)
    const { timeoutMs, signal } = options
    signal?.throwIfAborted()
    const { clock, finder, results, names, isOwn } = this.#options
    let forget = () => {}
    let cancel: Cancel = () => {}
    let abort = () => {}
    let looks: JobLooks | undefined
    try {
      const heard = await new Promise<BusMessage | "late" | "gone">((resolve, reject) => {
        abort = () => reject(signal?.reason)
        signal?.addEventListener("abort", abort)
        const closed = () => reject(new ClientClosed())
        forget = results.wait(names.done(this.id), { heard: resolve, closed })
        if (timeoutMs !== undefined) cancel = clock.after(timeoutMs, () => resolve("late"))
        const { id, queue } = this
        looks = new JobLooks({ id, queue, clock, finder, gone: () => resolve("gone") })
        looks.begin(isOwn && !results.refusal ? LOOK_MS : 0)
      })
      if (heard === "late") throw await this.#noResult(timeoutMs as number)
      return heard === "gone" ? await this.#afterwards() : this.#resultIn(heard)
    } finally {
      forget()
      cancel()
      looks?.stop()
      signal?.removeEventListener("abort", abort)
    }
  }

  /** How it stands at this moment. */
  async state(): Promise<JobStanding> {
    const { finder } = this.#options
    const found = await finder.find(this.id, this.queue)
    if (!found) return { state: "gone", failures: 0 }
    const { place, record, message } = found
    const { failures } = record
    if (place === "later") return { state: "delayed", failures }
    if (place === "dead") {
      const { reason, worker } = deathOf(message)
      return { state: "dead", failures, reason, worker }
    }
    const running = await finder.running(this.id)
    if (!running) return { state: "waiting", failures }
    const { worker, progress } = running
    return { state: "running", failures, worker, ...(progress !== undefined && { progress }) }
  }

  /**
   * Ends the job, wherever it is: one that runs has its signal fire with JobCancelled, which holds `reason`. Says whether it
   * was there; one that is done, or dead, can't be cancelled.
   */
  async cancel(reason = "cancelled"): Promise<boolean> {
    checkKind("reason", reason, { expected: "text", isMet: (it) => typeof it === "string" })
    return this.#options.finder.cancel(this.id, reason, this.queue)
  }

  #resultIn({ data, headers }: Pick<BusMessage, "data" | "headers">): JobResult {
    const misfortune = misfortuneIn(headers)
    if (!misfortune) return new JobResult(data, headers)
    const { outcome, reason } = misfortune
    if (outcome === "dead") throw new JobFailed(this.queue, this.id, reason)
    if (outcome === "cancelled") throw new JobCancelled(this.queue, this.id, reason)
    throw new ResultUnsent(this.queue, this.id, reason)
  }

  /** What can be found out of a job that is over. */
  async #afterwards(): Promise<JobResult> {
    const { finder } = this.#options
    const kept = await finder.kept(this.id)
    if (kept) return new JobResult(kept.data, kept.headers)
    const found = await finder.find(this.id, this.queue)
    if (found?.place !== "dead") {
      throw (
        refusalIn(this.#options.results.refusal) ?? new JobGone(this.queue, this.id, finder.canKeep)
      )
    }
    throw new JobFailed(this.queue, this.id, deathOf(found.message).reason)
  }

  async #noResult(timeoutMs: number): Promise<NoResult> {
    const { state } = await this.state().catch(() => ({ state: "unknown" as const }))
    const words = { waiting: "it waits", delayed: "it is delayed", running: "it runs" }
    const standing = words[state as keyof typeof words] ?? `it is ${state}`
    return new NoResult(this.queue, this.id, timeoutMs, standing)
  }
}
