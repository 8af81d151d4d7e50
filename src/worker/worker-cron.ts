/**
 * The cron of a worker: what it fires while it leads, and whether its definitions are those of whoever leads in its place. A
 * worker without cron of its own fires what is defined in the pool if it has jobs; one without either has nothing of this.
 */
import type { Backend } from "../backend/backend.js"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { CronDefinition, CronDefinitions } from "../cron/definition.js"
import type { CronModule } from "../cron/worker-module.js"
import type { JobQueues } from "../jobs/contract/queue-job.js"
import type { Leadership } from "../lease/leadership.js"
import type { StandingClaim } from "../protocol/claim.js"
import { reignOf } from "../protocol/claim.js"
import type { Cancel } from "../time/clock.js"

export class WorkerCron {
  readonly #module: CronModule | undefined
  readonly #definitions: ReadonlyMap<string, CronDefinition>
  #reign: { stop(): void } | undefined
  #term = 0
  #cancelCheck: Cancel = () => {}

  private constructor(module?: CronModule, definitions?: ReadonlyMap<string, CronDefinition>) {
    this.#module = module
    this.#definitions = definitions ?? new Map()
  }

  /** Looks at what a program says of its cron. Throws BadInput. */
  static async of({
    cron,
    jobs,
  }: {
    readonly cron?: CronDefinitions
    readonly jobs?: JobQueues
  }): Promise<WorkerCron> {
    if (cron === undefined && jobs === undefined) return new WorkerCron()
    const module = await import("../cron/worker-module.js")
    return new WorkerCron(module, await module.definitionsIn(cron ?? {}))
  }

  /** A reign of this worker has begun, or (with undefined) ended. */
  reigns(leadership: Leadership | undefined, backend: Backend, troubles: Troubles): void {
    this.#reign?.stop()
    this.#reign = undefined
    if (!leadership || !this.#module) return
    const { names, bus, clock, name: by } = backend
    const reign = new this.#module.ReignCron({
      ...{ pool: names.pool, definitions: this.#definitions, leadership },
      ...{ bus, clock, troubles, by, openStore: backend.openJobs },
      meterOf: (store) => backend.status?.metrics.ofJobs(store),
    })
    this.#reign = reign
    unawaited(reign.run(), unexpected(troubles.report))
  }

  /** Somebody leads. If it is another, in a new term, it is asked for its definitions once it has had time to begin. */
  heard(standing: StandingClaim, isSelf: boolean, backend: Backend, troubles: Troubles): void {
    const { term } = reignOf(standing)
    if (term === this.#term || this.#definitions.size === 0) return
    this.#term = term
    this.#cancelCheck()
    if (isSelf || standing.claim.released) return
    const { clock, timings, bus, names } = backend
    this.#cancelCheck = clock.after(timings.leaseMs, () => {
      const compare = this.#module?.compareWithLeader(bus, names.pool, this.#definitions)
      unawaited(
        compare?.then((differing) => {
          for (const problem of differing) troubles.report(problem)
        }),
        unexpected(troubles.report),
      )
    })
  }

  stop(): void {
    this.#cancelCheck()
    this.#reign?.stop()
  }
}
