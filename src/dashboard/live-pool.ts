/**
 * The pool as it is, for the screen: the roster for members and claim, service statistics for counters, control subjects for
 * orders. What it runs on is given: a server, or this process alone.
 */
import type { PoolClient } from "../client/client.js"
import type { Bucket } from "../contracts/bucket.js"
import type { Bus } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { Roster, type RosterChange } from "../membership/roster.js"
import { sendOrder } from "../operator/send-order.js"
import type { Member } from "../protocol/member.js"
import { namesOf } from "../protocol/names.js"
import { freeName } from "../supervision/free-name.js"
import type { Clock } from "../time/clock.js"
import { pause } from "../time/within.js"
import { type Counted, followStatistics } from "./statistics.js"
import type { ServerLever, ServersSeen } from "./world/servers.js"
import type {
  ConnectionState,
  Lever,
  PoolEvent,
  PoolSource,
  Reply,
  WorkKind,
} from "./world/source.js"

/** The processes of members, as far as they can be reached from here. */
export interface Processes {
  /** The member with this id, if it was frozen here. */
  frozen(id: string): Member | undefined
  freeze(member: Member): void
  thaw(member: Member): void
  /** Has it killed, by itself if `ask`, which asks it, is obeyed; returns what is to be said of it. */
  kill(member: Member, ask: () => Promise<void>): Promise<string | undefined>
}

/** What a pool runs on, and what of that the screen may change. */
export interface Grounds {
  readonly pool: string
  readonly server: string
  readonly bus: Bus
  readonly clock: Clock
  readonly memberTtlMs: number
  readonly client: PoolClient
  readonly processes: Processes
  readonly logs?: string | undefined
  readonly ownsPool: boolean
  /** Undefined while there is no bucket yet. */
  readonly findBucket: () => Promise<Bucket | undefined>
  /** Tells at once, and when it changes, whether the pool can be reached, until what is returned is called. */
  readonly watchConnection: (told: (state: ConnectionState) => void) => () => void
  /** Watches the servers of a cluster; `named` are those that members say they are connected to. */
  readonly watchServers?: (named: () => string[], told: (seen: ServersSeen) => void) => ServersWatch
  /** Looks at the jobs, if there can be some. */
  readonly watchJobs?: (told: (look: JobsTold) => void) => JobsWatch
  /** Starts a worker of this name. */
  readonly start?: ((name: string) => Promise<unknown>) | undefined
  /** Names of workers that were started and may not have joined yet. */
  readonly starting?: () => string[]
  readonly orderServer?: ((name: string, lever: ServerLever) => Promise<void>) | undefined
  readonly close: () => Promise<void>
}

export interface ServersWatch {
  /** Resolves when the servers were told for the first time. */
  readonly ready: Promise<void>
  stop(): void
}

/** What the source offers of the jobs. */
export interface JobsWatch {
  show(isShown: boolean): void
  order: NonNullable<PoolSource["orderJobs"]>
}

type JobsTold = Extract<PoolEvent, { kind: "jobs" }>["look"]

const REQUEST_TIMEOUT_MS = 2_000
/** A bucket that is not there yet is looked for this often. */
const LOOK_EVERY_MS = 500

export class LivePool implements PoolSource {
  readonly pool: string
  readonly server: string
  readonly memberTtlMs: number
  readonly ownsPool: boolean
  readonly logs?: string
  readonly startWorker?: () => Promise<string>
  readonly orderServer?: (name: string, lever: ServerLever) => Promise<void>
  readonly showJobs?: (isShown: boolean) => void
  readonly orderJobs?: PoolSource["orderJobs"]
  readonly #grounds: Grounds
  readonly #members = new Map<string, Member>()
  #leaderId: string | undefined
  #tell: (event: PoolEvent) => void = () => {}
  #stops: (() => void)[] = []
  #isUp = true

  constructor(grounds: Grounds) {
    const { start, orderServer, logs } = grounds
    this.pool = grounds.pool
    this.server = grounds.server
    this.memberTtlMs = grounds.memberTtlMs
    this.ownsPool = grounds.ownsPool
    this.#grounds = grounds
    if (logs !== undefined) this.logs = logs
    if (orderServer) this.orderServer = orderServer
    const jobs = grounds.watchJobs?.((look) => this.#tell({ kind: "jobs", look }))
    if (jobs) {
      this.showJobs = (isShown) => jobs.show(isShown)
      this.orderJobs = (lever, target) => jobs.order(lever, target)
    }
    if (start) this.startWorker = () => this.#startWorker(start)
  }

  listen(heard: (event: PoolEvent) => void): () => void {
    let isStopped = false
    const tell = (event: PoolEvent) => {
      if (!isStopped) heard(event)
    }
    this.#tell = tell
    const unwatchConnection = this.#grounds.watchConnection((state) => {
      this.#isUp = state.isUp
      tell({ kind: "connection", ...state })
    })
    const named = () => [...this.#members.values()].flatMap(({ server }) => server ?? [])
    const servers = this.#grounds.watchServers?.(named, (seen) => tell({ kind: "servers", seen }))
    this.#stops.push(
      unwatchConnection,
      () => servers?.stop(),
      () => this.showJobs?.(false),
    )
    const tellAfterServers = (event: PoolEvent) => {
      if (event.kind !== "caught-up" || !servers) return tell(event)
      unawaited(servers.ready.then(() => tell(event)))
    }
    unawaited(this.#followRoster(tellAfterServers))
    const { bus, clock } = this.#grounds
    const counted = (counters: Counted) => tell({ kind: "counters", counters })
    this.#stops.push(followStatistics(bus, clock, this.pool, counted))
    return () => {
      isStopped = true
      this.#stop()
    }
  }

  async request(kind: WorkKind, payload: string): Promise<Reply> {
    const { client } = this.#grounds
    const options = { timeoutMs: REQUEST_TIMEOUT_MS, waitForWorkers: false }
    const answer =
      kind === "simple"
        ? await client.work(payload, options)
        : await client.leaderWork(payload, options)
    const { worker, memberId, term, ms } = answer
    return { worker, id: memberId, ms, ...(term === undefined ? {} : { term }) }
  }

  async order(id: string, order: Lever): Promise<string | undefined> {
    const { bus, processes } = this.#grounds
    const names = namesOf(this.pool)
    const member = this.#memberOf(id) ?? processes.frozen(id)
    if (!member) throw new Error("that worker is not there any more")
    if (order === "freeze" || order === "thaw") {
      processes[order](member)
    } else if (order === "hand-over") {
      const leader = this.#memberOf(this.#leaderId)
      if (!leader) throw new Error("nobody leads, so nobody can hand over")
      await sendOrder(bus, names, leader.id, { order, to: id })
    } else {
      const ask = () => sendOrder(bus, names, id, { order })
      if (order === "kill") return processes.kill(member, ask)
      await ask()
    }
    return undefined
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#grounds.client.close()
    await this.#grounds.close()
  }

  #stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }

  async #startWorker(start: (name: string) => Promise<unknown>): Promise<string> {
    const members = [...this.#members.values()].map(({ name }) => name)
    const name = freeName([...members, ...(this.#grounds.starting?.() ?? [])])
    await start(name)
    return name
  }

  #memberOf(id: string | undefined): Member | undefined {
    return [...this.#members.values()].find((member) => member.id === id)
  }

  async #followRoster(tell: (event: PoolEvent) => void): Promise<void> {
    const { findBucket, clock } = this.#grounds
    let isStopped = false
    this.#stops.push(() => {
      isStopped = true
    })
    while (!isStopped) {
      try {
        const bucket = await findBucket()
        if (bucket && !isStopped) return await this.#watch(bucket, tell)
        tell({ kind: "caught-up" })
      } catch {
        // The server is away; the connection's own events say so.
      }
      await pause(clock, LOOK_EVERY_MS)
    }
  }

  async #watch(bucket: Bucket, tell: (event: PoolEvent) => void): Promise<void> {
    const roster = new Roster({
      bucket,
      clock: this.#grounds.clock,
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
}
