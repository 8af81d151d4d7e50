/** The jobs of a client: loaded, and their streams opened, when the first is enqueued or asked for. */
import type { NatsConnection } from "nats"
import type { Bus } from "../contracts/bus.js"
import { ClientClosed } from "../errors/client-errors.js"
import { NoJobs } from "../errors/job-errors.js"
import type { JobStore } from "../jobs/contract/job-store.js"
import type { JobClient } from "../jobs/job-client.js"
import type { Clock } from "../time/clock.js"

export interface ClientJobsOptions {
  readonly pool: string
  readonly bus: Bus
  readonly clock: Clock
}

export class ClientJobs {
  readonly #options: ClientJobsOptions
  #openStore: () => Promise<JobStore>
  #client: Promise<JobClient> | undefined
  #isClosed = false

  constructor(options: ClientJobsOptions) {
    this.#options = options
    this.#openStore = () => storeOn(options)
  }

  /** Has them lie there. */
  lieIn(openStore: () => Promise<JobStore>): void {
    this.#openStore = openStore
  }

  /** Throws what the server says, and ClientClosed. */
  open(): Promise<JobClient> {
    if (this.#isClosed) return Promise.reject(new ClientClosed())
    if (this.#client) return this.#client
    const opening = this.#open()
    this.#client = opening
    opening.catch(() => {
      this.#client = undefined
    })
    return opening
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const client = await this.#client?.catch(() => undefined)
    client?.close()
  }

  async #open(): Promise<JobClient> {
    const { JobClient } = await import("../jobs/job-client.js")
    return new JobClient({ ...this.#options, store: await this.#openStore() })
  }
}

async function storeOn({ bus, pool }: ClientJobsOptions): Promise<JobStore> {
  if (!isConnection(bus)) {
    throw new NoJobs(
      "this client has a bus that is no connection of NATS; for a pool in this process use PoolClient.local",
    )
  }
  const { JetStreamJobs } = await import("../jobs/store/jetstream-jobs.js")
  return JetStreamJobs.open({ connection: bus, pool, care: "make" })
}

function isConnection(bus: Bus): bus is NatsConnection & Bus {
  return "getServer" in bus && "requestMany" in bus
}
