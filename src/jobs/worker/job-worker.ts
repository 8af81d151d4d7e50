/**
 * The jobs of one worker: all the queues that it serves, what it answers about those that run, and how it ends. It outlasts
 * the runs of the worker as a member, for a job has nothing to do with who leads.
 */
import type { Bus, BusMessage, BusSubscription } from "../../contracts/bus.js"
import type { JobMeter } from "../../contracts/meter.js"
import { callSafely } from "../../contracts/safe-call.js"
import { Trouble, type Troubles } from "../../contracts/troubles.js"
import { reasonOf } from "../../errors/thrown.js"
import { listen } from "../../protocol/listening.js"
import type { MemberLabel } from "../../protocol/member.js"
import type { Clock } from "../../time/clock.js"
import { onceATurn } from "../../time/once-a-turn.js"
import { jobNamesOf } from "../contract/job-names.js"
import type { JobStore } from "../contract/job-store.js"
import type { QueueOptions } from "../contract/queue-job.js"
import {
  decodeCancel,
  decodeQuestion,
  encodeRunning,
  type RunningJob,
} from "../contract/running.js"
import type { JobWitness } from "../give-back/job-witness.js"
import { JobSettler } from "./job-settler.js"
import { ProgressTeller } from "./progress-teller.js"
import { QueueWorker } from "./queue-worker.js"
import type { TakenJob } from "./taken-job.js"

/** How long it takes at most until all servers of a cluster know that a worker is gone, in ms; its jobs wait so long. */
const DEATH_KNOWN_MS = 50

export interface JobWorkerOptions {
  readonly pool: string
  readonly queues: ReadonlyMap<string, QueueOptions>
  readonly store: JobStore
  readonly bus: Bus
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  readonly member: () => MemberLabel
  readonly troubles: Troubles
  readonly witness?: JobWitness | undefined
  readonly meter?: JobMeter | undefined
}

export class JobWorker {
  readonly #options: JobWorkerOptions
  readonly #queues: QueueWorker[]
  readonly #subscriptions: BusSubscription[] = []
  readonly #toTell: TakenJob[] = []
  /** What the witness knows of. */
  readonly #told = new Set<TakenJob>()

  constructor(options: JobWorkerOptions) {
    this.#options = options
    const { pool, store, bus, clock, random, member, troubles, witness } = options
    const names = jobNamesOf(pool)
    const letGo = async (tickets: readonly string[]) => witness?.letsGo(tickets)
    const shared = { store, names, bus, clock, random, troubles, letGo, meter: options.meter }
    const settler = new JobSettler({ ...shared, worker: member().name })
    const progress = new ProgressTeller(bus, names, clock, store.maxPayload)
    const took = witness ? (job: TakenJob) => this.#took(job) : () => {}
    this.#queues = [...options.queues].map(
      ([queue, own]) => new QueueWorker({ ...shared, queue, own, settler, progress, member, took }),
    )
  }

  /** Begins to take jobs. Throws what the store throws. */
  async open(isPaused: boolean): Promise<void> {
    const { bus, pool, troubles } = this.#options
    const { running, cancel } = jobNamesOf(pool)
    const onProblem = (problem: Error) => troubles.report("a subscription failed", problem)
    const hear = (subject: string, answer: (message: BusMessage) => void) => {
      const read = (message: BusMessage) => callSafely(() => answer(message), ignored(subject))
      this.#subscriptions.push(listen(bus, subject, read, { onProblem }))
    }
    const ignored = (subject: string) => (thrown: unknown) =>
      troubles.report(
        `ignored a message on ${subject}`,
        new Trouble(reasonOf(thrown), { cause: thrown }),
      )
    hear(running, (message) => this.#asked(message))
    hear(cancel, (message) => this.#cancel(message))
    await Promise.all(this.#queues.map((queue) => queue.open(isPaused)))
  }

  /** What runs here. */
  get running(): RunningJob[] {
    return this.#queues.flatMap(({ running }) => running)
  }

  /** Why jobs of a queue can't be had, in words; undefined if all can. */
  get noJobs(): string | undefined {
    return this.#queues.find(({ noJobs }) => noJobs !== undefined)?.noJobs
  }

  setPaused(isPaused: boolean): void {
    for (const queue of this.#queues) queue.setPaused(isPaused)
  }

  /** Takes no more, finishes what runs within `graceMs`, and gives the rest back. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.stop(graceMs)))
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #asked(message: BusMessage): void {
    const { store } = this.#options
    const { queue, id } = decodeQuestion(message.data)
    const jobs = this.running.filter((job) => job.queue === (queue ?? job.queue))
    const meant = id === undefined ? jobs : jobs.filter((job) => job.id === id)
    if (id !== undefined && meant.length === 0) return
    for (const answer of encodeRunning(meant, store.maxPayload)) message.respond(answer)
  }

  #cancel(message: BusMessage): void {
    const { id, reason } = decodeCancel(message.data)
    const isMine = this.#queues.some((queue) => queue.cancel(id, reason))
    if (isMine) for (const answer of encodeRunning([])) message.respond(answer)
  }

  /** Told once a turn, for all that came in it. */
  #took(job: TakenJob): void {
    this.#toTell.push(job)
    this.#tellTaken()
  }

  readonly #tellTaken = onceATurn(() => {
    const jobs = this.#toTell.splice(0).filter(({ isOver }) => !isOver)
    if (jobs.length === 0) return
    const over = [...this.#told].filter(({ isOver }) => isOver)
    for (const one of over) this.#told.delete(one)
    for (const one of jobs) this.#told.add(one)
    const afterMs = this.#options.store.abilities.isReplicated ? DEATH_KNOWN_MS : 0
    this.#options.witness?.holds(
      jobs.map((one) => ({ ticket: one.delivery.ticket, forMs: one.leftMs(), afterMs })),
      over.map(({ delivery }) => delivery.ticket),
    )
  })
}
