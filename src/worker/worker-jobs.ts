/** The jobs of a worker, and its cron, if it has any: nothing of them is loaded, opened or asked for where it has none. */
import type { Backend } from "../backend/backend.js"
import type { Troubles } from "../contracts/troubles.js"
import type { QueueOptions } from "../jobs/contract/queue-job.js"
import type { JobWitness } from "../jobs/give-back/job-witness.js"
import type { JobWorker } from "../jobs/worker/job-worker.js"
import { waitingFor } from "../nats-context/server-wait.js"
import type { MemberLabel } from "../protocol/member.js"
import { DEFAULT_GRACE_MS, type WorkerOptions } from "./join-options.js"
import { WorkerCron } from "./worker-cron.js"

/** How long it may take to open them, in ms: on several servers each stream and consumer has to have a leader first. */
const OPENING_MS = 30_000

type JobsOptions = Pick<WorkerOptions, "cron" | "graceMs" | "jobs" | "jobWitness">

/** Whose jobs they are. */
interface Owner extends MemberLabel {
  leave(): Promise<void>
}

export class WorkerJobs {
  /** What it fires while it leads. */
  readonly cron: WorkerCron
  readonly #queues: ReadonlyMap<string, QueueOptions> | undefined
  readonly #graceMs: number
  readonly #witness: JobWitness | undefined
  #worker: JobWorker | undefined
  #isPaused = false

  private constructor(
    options: JobsOptions,
    cron: WorkerCron,
    queues?: ReadonlyMap<string, QueueOptions>,
  ) {
    this.cron = cron
    this.#queues = queues
    this.#graceMs = options.graceMs ?? DEFAULT_GRACE_MS
    this.#witness = options.jobWitness
  }

  /** Looks at what a program says of its queues, and of its cron. Throws BadInput. */
  static async of(options: JobsOptions): Promise<WorkerJobs> {
    const cron = await WorkerCron.of(options)
    if (options.jobs === undefined) return new WorkerJobs(options, cron)
    const { queuesIn } = await import("../jobs/contract/queue-job.js")
    return new WorkerJobs(options, cron, queuesIn(options.jobs))
  }

  /** Begins to take jobs. Throws what the server says, and then the worker has left. */
  async open(backend: Backend, troubles: Troubles, worker: Owner): Promise<void> {
    const queues = this.#queues
    if (!queues) return
    const onWait = (what: string) => troubles.report(`jobs can't be had yet: ${what}`)
    const attempt = () => this.#open(queues, backend, troubles, worker)
    try {
      await waitingFor({ waitMs: OPENING_MS, onWait }, attempt, () => {})
    } catch (error) {
      await worker.leave()
      throw error
    }
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.#worker?.setPaused(isPaused)
  }

  /** Takes no more, and ends what runs within the grace time. */
  async stop(): Promise<void> {
    this.cron.stop()
    await this.#worker?.stop(this.#graceMs)
  }

  async #open(
    queues: ReadonlyMap<string, QueueOptions>,
    backend: Backend,
    troubles: Troubles,
    worker: MemberLabel,
  ): Promise<void> {
    // Its id is another one after each restart.
    const member = () => ({ id: worker.id, name: worker.name })
    const { JobWorker } = await import("../jobs/worker/job-worker.js")
    const { names, bus, clock, random, status } = backend
    const store = await backend.openJobs()
    const jobs = new JobWorker({
      ...{ pool: names.pool, queues, store },
      ...{ bus, clock, random, member, troubles, witness: this.#witness },
      meter: status?.metrics.ofJobs(store),
    })
    try {
      await jobs.open(this.#isPaused)
    } catch (error) {
      await jobs.stop(0)
      throw error
    }
    this.#worker = jobs
    jobs.setPaused(this.#isPaused)
    status?.showJobs(jobs)
  }
}
