/**
 * Watches the servers of a cluster: the stream of the pool's bucket knows which leads it and whose replica is current;
 * whoever started the servers knows which is up; where neither says anything, nobody knows. With one server alone there is
 * nothing to watch, and nothing is asked.
 */
import { jetstreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import { inDomain } from "../contracts/js-domain.js"
import { unawaited } from "../contracts/unawaited.js"
import { serverNameIn } from "../nats/server-info.js"
import { type ServerStarted, type StreamCluster, serversIn } from "./servers-in.js"
import type { ServerLever, ServersSeen } from "./world/servers.js"

/** Servers that this dashboard's owner has started. */
export interface OwnServers {
  readonly servers: readonly ServerStarted[]
  /** Tells when the state of one has changed, until what is returned is called. */
  follow(changed: () => void): () => void
  order(name: string, lever: ServerLever): Promise<void>
}

export interface ServerWatchOptions {
  readonly connection: NatsConnection
  /** Of the pool. */
  readonly bucket: string
  readonly own?: OwnServers | undefined
  /** Names of the servers that members say they are connected to. */
  readonly named: () => Iterable<string>
  /** Told when something has changed. */
  readonly told: (seen: ServersSeen) => void
}

const ASK_EVERY_MS = 1_000
const ANSWER_MS = 900

export class ServerWatch {
  readonly #options: ServerWatchOptions
  readonly #timer: NodeJS.Timeout
  readonly #unfollow: () => void
  readonly #statuses: { stop?: () => void } | undefined
  /** Resolves when the servers were told for the first time. */
  readonly ready: Promise<void>
  #cluster: StreamCluster | undefined
  #told = ""
  #isAsking = false
  /** The server that said it is about to leave. */
  #lameDuck: string | undefined

  constructor(options: ServerWatchOptions) {
    this.#options = options
    this.#timer = setInterval(() => unawaited(this.#ask()), ASK_EVERY_MS)
    this.#unfollow = options.own?.follow(() => this.#tell()) ?? (() => {})
    const statuses = options.connection.status() as AsyncIterable<{ type: string }> & Stoppable
    this.#statuses = statuses
    unawaited(this.#follow(statuses))
    this.ready = this.#ask()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#unfollow()
    this.#statuses?.stop?.()
  }

  async #follow(statuses: AsyncIterable<{ type: string }>): Promise<void> {
    for await (const { type } of statuses) {
      if (type === "ldm") this.#lameDuck = serverNameIn(this.#options.connection.info)
      if (type === "ldm" || type === "reconnect") unawaited(this.#ask())
    }
  }

  async #ask(): Promise<void> {
    const { connection, bucket, own } = this.#options
    if (this.#isAsking || (!own && connection.info?.cluster === undefined)) return
    this.#isAsking = true
    try {
      const manager = await jetstreamManager(
        connection,
        inDomain(connection, { checkAPI: false, timeout: ANSWER_MS }),
      )
      const { cluster } = await manager.streams.info(`KV_${bucket}`)
      this.#cluster = cluster
    } catch {
      // There is no bucket yet, or nobody leads its stream.
      this.#cluster = undefined
    } finally {
      this.#isAsking = false
    }
    this.#tell()
  }

  #tell(): void {
    const { connection, own, named, told } = this.#options
    const seen = serversIn({
      stream: this.#cluster,
      started: own?.servers ?? [],
      named: [...named()],
      here: serverNameIn(connection.info),
      lameDuck: this.#lameDuck,
    })
    const text = JSON.stringify(seen)
    if (text === this.#told) return
    this.#told = text
    told(seen)
  }
}

interface Stoppable {
  stop?: () => void
}
