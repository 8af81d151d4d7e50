/**
 * The pool as it is: the roster for members and claim, service statistics for counters, control subjects for orders.
 * Attached to the workers of a cluster it also starts workers, and knows how its own ended.
 */
import type { NatsConnection } from "nats"
import { PoolClient } from "../client/client.js"
import type { Bucket } from "../contracts/bucket.js"
import { unawaited } from "../contracts/unawaited.js"
import { isNoResponders, isTimeout } from "../errors/errors.js"
import { bucketSettingsOf } from "../jetstream/bucket-settings.js"
import { findKvBucket } from "../jetstream/kv-bucket.js"
import { Roster, type RosterChange } from "../membership/roster.js"
import { type ConnectionOptions, connectToNats } from "../nats/connection.js"
import { sendOrder } from "../operator/send-order.js"
import type { Member } from "../protocol/member.js"
import { namesOf, type PoolNames } from "../protocol/names.js"
import { freeName } from "../supervision/free-name.js"
import type { WorkerGroup } from "../supervision/worker-group.js"
import { systemClock } from "../time/system-clock.js"
import { JobWatch } from "./job-watch.js"
import { LocalProcesses } from "./local-processes.js"
import { followReach } from "./reach.js"
import { type OwnServers, ServerWatch } from "./server-watch.js"
import { askStatistics, type Counted } from "./statistics.js"
import type { ServerLever } from "./world/servers.js"
import type { Lever, PoolEvent, PoolSource, Reply, WorkKind } from "./world/source.js"

export interface AttachOptions {
  readonly pool: string
  readonly connect?: ConnectionOptions
  /** Those whose dashboard this is; without one it only looks at a pool that others run. */
  readonly group?: WorkerGroup
  /** Folder of the group's logs. */
  readonly logs?: string
  /** The servers of a cluster, if they were started here as well. */
  readonly servers?: OwnServers | undefined
}

const REQUEST_TIMEOUT_MS = 2_000
const STATISTICS_EVERY_MS = 500
/** A bucket that is not there yet is looked for this often. */
const LOOK_EVERY_MS = 500

/** A source for the pool `pool`. Throws as `connectToNats` does. */
export async function attach(options: AttachOptions): Promise<PoolSource> {
  const connection = await connectToNats(options.connect, `pool ${options.pool} dashboard`)
  try {
    const settings = await bucketSettingsOf(connection, namesOf(options.pool).bucket)
    return new LivePool(options, connection, settings?.ttlMs ?? 6_000)
  } catch (error) {
    await connection.close()
    throw error
  }
}

class LivePool implements PoolSource {
  readonly pool: string
  readonly server: string
  readonly ownsPool: boolean
  readonly startWorker?: () => Promise<string>
  readonly orderServer?: (name: string, lever: ServerLever) => Promise<void>
  readonly showJobs = (isShown: boolean): void => this.#jobs.show(isShown)
  readonly orderJobs: PoolSource["orderJobs"] = (lever, of) => this.#jobs.order(lever, of)
  readonly #ownServers: OwnServers | undefined
  readonly logs?: string
  readonly #names: PoolNames
  readonly #connection: NatsConnection
  readonly #client: PoolClient
  readonly #members = new Map<string, Member>()
  readonly #processes = new LocalProcesses()
  readonly #jobs: JobWatch
  #tell: (event: PoolEvent) => void = () => {}
  #leaderId: string | undefined
  #stops: (() => void)[] = []
  #isUp = true

  constructor(
    { pool, group, logs, servers }: AttachOptions,
    connection: NatsConnection,
    readonly memberTtlMs: number,
  ) {
    this.pool = pool
    this.server = addressOf(connection, servers)
    this.ownsPool = group !== undefined
    this.#names = namesOf(pool)
    this.#connection = connection
    this.#client = new PoolClient({
      bus: connection,
      pool,
      maxPayload: connection.info?.max_payload,
    })
    this.#jobs = new JobWatch(connection, pool, (look) => this.#tell({ kind: "jobs", look }))
    if (logs !== undefined) this.logs = logs
    this.#ownServers = servers
    if (servers) this.orderServer = (name, lever) => servers.order(name, lever)
    if (group) this.startWorker = () => this.#startWorker(group)
  }

  listen(heard: (event: PoolEvent) => void): () => void {
    let isStopped = false
    const tell = (event: PoolEvent) => {
      if (!isStopped) heard(event)
    }
    this.#tell = tell
    this.#stops.push(() => this.#jobs.show(false))
    const stopReach = followReach(this.#connection, (reach) => {
      this.#isUp = reach.isUp
      tell({ kind: "connection", ...reach })
    })
    this.#stops.push(stopReach)
    const servers = this.#watchServers(tell)
    this.#stops.push(() => servers.stop())
    const tellAfterServers = (event: PoolEvent) => {
      if (event.kind !== "caught-up") return tell(event)
      unawaited(servers.ready.then(() => tell(event)))
    }
    unawaited(this.#followRoster(tellAfterServers))
    const every = (ms: number, act: () => void) => {
      const timer = setInterval(act, ms)
      this.#stops.push(() => clearInterval(timer))
    }
    every(STATISTICS_EVERY_MS, () => {
      const told = (counters: Counted) => counters.size > 0 && tell({ kind: "counters", counters })
      unawaited(askStatistics(this.#connection, this.pool).then(told, ignored))
    })
    return () => {
      isStopped = true
      for (const stop of this.#stops.splice(0)) stop()
    }
  }

  async request(kind: WorkKind, payload: string): Promise<Reply> {
    const options = { timeoutMs: REQUEST_TIMEOUT_MS, waitForWorkers: false }
    const answer =
      kind === "simple"
        ? await this.#client.work(payload, options)
        : await this.#client.leaderWork(payload, options)
    const { worker, memberId, term, ms } = answer
    return { worker, id: memberId, ms, ...(term === undefined ? {} : { term }) }
  }

  async order(id: string, order: Lever): Promise<string | undefined> {
    const member = this.#memberOf(id) ?? this.#processes.frozen(id)
    if (!member) throw new Error("that worker is not there any more")
    if (order === "freeze" || order === "thaw") return this.#processes[order](member)
    if (order === "hand-over") {
      const leader = this.#memberOf(this.#leaderId)
      if (!leader) throw new Error("nobody leads, so nobody can hand over")
      await sendOrder(this.#connection, this.#names, leader.id, { order, to: id })
      return undefined
    }
    try {
      await sendOrder(this.#connection, this.#names, id, { order })
    } catch (error) {
      const isSilent = isTimeout(error) || isNoResponders(error)
      if (order !== "kill" || !isSilent || !this.#processes.isHere(member)) throw error
      return this.#processes.kill(member)
    }
    return undefined
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop()
    await this.#client.close()
    await this.#connection.close()
  }

  async #startWorker(group: WorkerGroup): Promise<string> {
    const taken = [...this.#members.values(), ...group.supervisor.workers]
    const name = freeName(taken.map((one) => one.name))
    await group.start(name)
    return name
  }

  #memberOf(id: string | undefined): Member | undefined {
    return [...this.#members.values()].find((member) => member.id === id)
  }

  async #followRoster(tell: (event: PoolEvent) => void): Promise<void> {
    let isStopped = false
    this.#stops.push(() => {
      isStopped = true
    })
    while (!isStopped) {
      try {
        const bucket = await findKvBucket(this.#connection, this.#names.bucket)
        if (bucket && !isStopped) return await this.#watch(bucket, tell)
        tell({ kind: "caught-up" })
      } catch {
        // The server is away; the connection's own events say so.
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  async #watch(bucket: Bucket, tell: (event: PoolEvent) => void): Promise<void> {
    const roster = new Roster({
      bucket,
      clock: systemClock,
      memberTtlMs: this.memberTtlMs,
      canHear: () => this.#isUp,
      onChange: (change) => this.#changed(change, tell),
    })
    this.#stops.push(() => roster.stop())
    await roster.start()
  }

  #changed(change: RosterChange, tell: (event: PoolEvent) => void): void {
    switch (change.type) {
      case "joined":
      case "changed":
        this.#members.set(change.member.key, change.member)
        return tell({ kind: "member", member: change.member })
      case "gone": {
        this.#members.delete(change.member.key)
        const { id } = change.member
        return tell({ kind: "left", id, how: change.how === "evicted" ? "killed" : change.how })
      }
      case "claim": {
        const standing = change.found.kind === "claim" ? change.found.standing : undefined
        this.#leaderId = standing?.claim.id
        return tell({ kind: "claim", standing, writtenMs: change.writtenMs })
      }
      case "unreadable":
        return tell({ kind: "undecodable", key: change.key, reason: change.reason })
      case "complete":
        return tell({ kind: "caught-up" })
    }
  }

  #watchServers(tell: (event: PoolEvent) => void): ServerWatch {
    return new ServerWatch({
      connection: this.#connection,
      bucket: this.#names.bucket,
      own: this.#ownServers,
      named: () => [...this.#members.values()].flatMap(({ server }) => server ?? []),
      told: (seen) => tell({ kind: "servers", seen }),
    })
  }
}

function addressOf(connection: NatsConnection, own: OwnServers | undefined): string {
  const others = (own?.servers.length ?? 1) - 1
  return others > 0 ? `${connection.getServer()} and ${others} more` : connection.getServer()
}

/** What fails because the connection is away is told by the connection's own events. */
function ignored(): void {}
