/**
 * Takes the jobs of one queue, as many as there is room for, and has its handler do them. Where a lease can't be renewed the
 * signal of its job fires before anybody else can have it, and what the handler does then counts for nothing.
 *
 * A handler is called when whoever gives back the jobs of this worker, should it die, has been told; but one that was quick
 * the last time, and returned no promise, is called before that: most of its jobs are done in the turn in which they came,
 * and kept nowhere.
 */
import { unawaited, unexpected } from "../../contracts/unawaited.js"
import { JobCancelled } from "../../errors/job-errors.js"
import { reasonOf } from "../../errors/thrown.js"
import { WorkerStopped } from "../../errors/work-errors.js"
import type { MemberLabel } from "../../protocol/member.js"
import { monoMsOf } from "../../time/clock.js"
import { onceATurn } from "../../time/once-a-turn.js"
import { isPromise } from "../../time/promised.js"
import { within } from "../../time/within.js"
import { Tally } from "../../work/tally.js"
import { crashedTooOften } from "../contract/fate.js"
import { recordOf } from "../contract/job-record.js"
import type { Delivery } from "../contract/job-store.js"
import { DEFAULT_CONCURRENCY, type QueueOptions } from "../contract/queue-job.js"
import type { RunningJob } from "../contract/running.js"
import { EarlierDeliveries } from "./earlier-deliveries.js"
import { JobLeases } from "./job-leases.js"
import type { JobSettler, JobSettlerOptions } from "./job-settler.js"
import type { ProgressTeller } from "./progress-teller.js"
import { QueueSource } from "./queue-source.js"
import { QueueTrouble } from "./queue-trouble.js"
import { isSuperseded } from "./successor.js"
import { TakenJob } from "./taken-job.js"

/** A handler that returns within so many ms is hardly what a process dies of. */
const QUICK_MS = 1

export interface QueueWorkerOptions extends Omit<JobSettlerOptions, "worker"> {
  readonly queue: string
  readonly own: QueueOptions
  readonly member: () => MemberLabel
  readonly settler: JobSettler
  readonly progress: ProgressTeller
  /** Hears of what it has taken, or holds on; in a microtask of its own at the latest it has told whom that concerns. */
  readonly took: (job: TakenJob) => void
}

export class QueueWorker {
  readonly tally: Tally
  readonly #options: QueueWorkerOptions
  readonly #concurrency: number
  readonly #earlier: EarlierDeliveries
  readonly #trouble: QueueTrouble
  readonly #running = new Set<TakenJob>()
  #source: QueueSource | undefined
  #leaseMs = 0
  #isQuick = false
  #isPaused = false
  #isStopped = false
  #leases: JobLeases | undefined
  #idle: (() => void)[] = []

  constructor(options: QueueWorkerOptions) {
    this.#options = options
    this.#concurrency = options.own.concurrency ?? DEFAULT_CONCURRENCY
    this.#earlier = new EarlierDeliveries(options.store, options.names)
    this.#trouble = new QueueTrouble(options.queue, options.clock, options.troubles)
    this.tally = new Tally(options.clock)
  }

  /** Begins to take jobs, unless it is paused. Throws what the store throws. */
  async open(isPaused: boolean): Promise<void> {
    const { store, clock, queue, own } = this.#options
    const { leaseMs, limit } = own
    this.#isPaused = isPaused
    this.#source = await QueueSource.open({
      ...{ store, clock, queue, leaseMs, limit, broke: this.#broke },
      heard: (delivery) => this.#heard(delivery),
      told: (trouble) => this.#trouble.told(trouble),
    })
    this.#leaseMs = this.#source.leaseMs
    this.#leases = this.#leasesOf(this.#source.leaseMs)
    this.#ask()
  }

  /** Why no jobs of it can be had, in words; undefined if they can. */
  get noJobs(): string | undefined {
    return this.#isStopped ? undefined : this.#trouble.noJobs
  }

  /** What runs. */
  get running(): RunningJob[] {
    return [...this.#running].map((job) => job.running)
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused
    if (isPaused) this.#source?.release()
    else this.#ask()
  }

  /** Cancels the job `id`, if it runs here; says whether it does. */
  cancel(id: string, reason: string): boolean {
    const job = [...this.#running].find((one) => one.id === id)
    if (!job) return false
    job.abort(new JobCancelled(job.queue, job.id, reason))
    this.#over(job, () => this.#options.settler.cancelled(job, reason))
    return true
  }

  /** Takes no more, and finishes what runs within `graceMs`; what is not done by then is given back, and its signal fires. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true
    const closed = this.#source?.close()
    await within(this.#options.clock, Math.max(1, graceMs), this.#untilIdle(closed)).catch(() => {})
    // What is being settled still is so for no longer than its lease, which is not renewed any more.
    this.#leases?.stop()
    const left = [...this.#running].filter((job) => !job.isOver)
    for (const job of left) job.abort(new WorkerStopped())
    await Promise.all(left.map((job) => this.#giveBack(job)))
    await this.#untilIdle(closed)
  }

  #heard(delivery: Delivery): void {
    const record = recordOf(delivery)
    const { store, clock, member, took } = this.#options
    if (!record) return
    const own = { leaseMs: this.#leaseMs, member: member(), tell: this.#tell }
    const job = new TakenJob({ delivery, record, clock, ...own })
    const heldMs = job.leftMs()
    // Nobody here could read it in time; it may be another's by now.
    if (heldMs <= 0) {
      this.#earlier.excuse(delivery)
      return this.#ask()
    }
    this.#running.add(job)
    this.tally.busy = this.#running.size
    took(job)
    const { notBeforeMs } = record
    const leftMs = notBeforeMs === undefined ? 0 : notBeforeMs - store.nowMs()
    if (leftMs > 0) this.#over(job, () => this.#options.settler.tooEarly(job, leftMs))
    // Another has taken its place, or nobody here could read while much of its lease was used up.
    else if (job.isStale(heldMs) || this.#running.size > this.#concurrency)
      unawaited(this.#giveBack(job), this.#broke)
    else if (delivery.deliveries > 1 || record.crashes > 0)
      unawaited(this.#lookBack(job), this.#broke)
    else if (this.#isQuick) this.#run(job)
    else queueMicrotask(() => job.isOver || this.#run(job))
    this.#ask()
  }

  /** It goes on elsewhere, and this delivery counts for nothing. */
  #giveBack(job: TakenJob): Promise<void> {
    const { settler } = this.#options
    const settled = this.#earlier.excusedOf(job).then((count) => settler.gaveBack(job, count))
    this.#over(job, () => settled)
    return settled
  }

  /** It was handed out before: runs it, unless its workers died too often, or what became of it is stored already. */
  async #lookBack(job: TakenJob): Promise<void> {
    const { settler } = this.#options
    const hasGoneOn = await isSuperseded(job, this.#options)
    if (job.isOver) return
    if (hasGoneOn) return this.#over(job, () => settler.superseded(job))
    const crashes = await this.#earlier.read(job)
    if (job.isOver) return
    // The answers took longer than its lease, and it may have been another's meanwhile.
    if (!job.isHeld()) return this.#over(job)
    if (crashes > job.record.crashes) this.#options.meter?.crashed(job.queue)
    const reason = crashedTooOften(crashes)
    if (reason) this.#over(job, () => settler.bury(job, { ...job.record, crashes }, reason))
    else this.#run(job)
  }

  #run(job: TakenJob): void {
    const { own, clock } = this.#options
    job.begin()
    this.#isQuick = false
    let result: unknown
    try {
      result = own.handler(job)
    } catch (error) {
      return this.#failed(job, error)
    }
    if (!isPromise(result)) {
      this.#isQuick = monoMsOf(clock) - job.beganMs < QUICK_MS
      return this.#succeeded(job, result)
    }
    this.#leases?.watch()
    const ended = result.then(
      (value) => this.#succeeded(job, value),
      (error) => this.#failed(job, error),
    )
    unawaited(ended, this.#broke)
  }

  #succeeded(job: TakenJob, result: unknown): void {
    if (job.isOver) return
    this.tally.succeeded(monoMsOf(this.#options.clock) - job.beganMs)
    this.#over(job, () => this.#options.settler.succeeded(job, result))
  }

  #failed(job: TakenJob, thrown: unknown): void {
    if (job.isOver) return
    const { clock, settler } = this.#options
    this.tally.erred(monoMsOf(clock) - job.beganMs, reasonOf(thrown))
    this.#over(job, () => settler.failed(job, thrown, this.#earlier.crashesOf(job)))
  }

  /** It ends, and makes room when what `settle` does is done. */
  #over(job: TakenJob, settle?: () => void | Promise<void>): void {
    // Before it is settled: then what asks for the next ones goes out together with what settles these.
    this.#ask()
    const settled = settle?.()
    job.isOver = true
    if (!settled) return this.#gone(job)
    const gone = settled.finally(() => this.#gone(job))
    unawaited(gone, this.#broke)
  }

  #gone(job: TakenJob): void {
    this.#running.delete(job)
    this.#options.progress.forget(job)
    if (!this.#isStopped) this.#earlier.forget(job)
    this.tally.busy = this.#running.size
    this.#ask()
    if (this.#running.size === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  #leasesOf(leaseMs: number): JobLeases {
    const { store, clock, own, took } = this.#options
    return new JobLeases({
      ...{ running: this.#running, store, clock, leaseMs, broke: this.#broke },
      ...{ timeoutMs: own.timeoutMs, renewed: took },
      isOver: (job) => this.#over(job),
      isLate: (job, late) => this.#failed(job, late),
    })
  }

  async #untilIdle(closed: Promise<void> | undefined): Promise<void> {
    await closed
    if (this.#running.size > 0) await new Promise<void>((wake) => this.#idle.push(wake))
  }

  readonly #ask = onceATurn(() => {
    if (this.#isStopped) return
    this.#source?.want(this.#isPaused ? 0 : this.#concurrency - this.#running.size)
  })
  readonly #tell = (job: TakenJob, value: unknown): void => this.#options.progress.tell(job, value)
  readonly #broke = (thrown: unknown): void => unexpected(this.#options.troubles.report)(thrown)
}
