/** The jobs of a worker, if it has any: nothing of them is loaded, opened or asked for where it has none. */
import type { Backend } from "../backend/backend.js"
import type { Troubles } from "../contracts/troubles.js"
import type { JobQueues, QueueOptions } from "../jobs/contract/queue-job.js"
import type { JobWitness } from "../jobs/give-back/job-witness.js"
import type { JobWorker } from "../jobs/job-worker.js"
import type { MemberLabel } from "../protocol/member.js"
import { DEFAULT_GRACE_MS, type WorkerOptions } from "./join-options.js"

/** Whose jobs they are. */
interface Owner extends MemberLabel {
  leave(): Promise<void>
}

export class WorkerJobs {
  readonly #queues: ReadonlyMap<string, QueueOptions> | undefined
  readonly #graceMs: number
  readonly #witness: JobWitness | undefined
  #worker: JobWorker | undefined
  #isPaused = false

  private constructor(
    options: Pick<WorkerOptions, "graceMs" | "jobWitness">,
    queues?: ReadonlyMap<string, QueueOptions>,
  ) {
    this.#queues = queues
    this.#graceMs = options.graceMs ?? DEFAULT_GRACE_MS
    this.#witness = options.jobWitness
  }

  /** Looks at what a program says of its queues. Throws BadInput. */
  static async of(
    options: Pick<WorkerOptions, "graceMs" | "jobWitness"> & { readonly jobs?: JobQueues },
  ): Promise<WorkerJobs> {
    if (options.jobs === undefined) return new WorkerJobs(options)
    const { queuesIn } = await import("../jobs/contract/queue-job.js")
    return new WorkerJobs(options, queuesIn(options.jobs))
  }

  /** Begins to take jobs. Throws what the server says, and then the worker has left. */
  async open(backend: Backend, troubles: Troubles, worker: Owner): Promise<void> {
    if (!this.#queues) return
    try {
      await this.#open(this.#queues, backend, troubles, worker)
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
    const { JobWorker } = await import("../jobs/job-worker.js")
    const { names, bus, clock, random } = backend
    this.#worker = new JobWorker({
      ...{ pool: names.pool, queues, store: await backend.openJobs() },
      ...{ bus, clock, random, member, troubles, witness: this.#witness },
    })
    await this.#worker.open(this.#isPaused)
  }
}
