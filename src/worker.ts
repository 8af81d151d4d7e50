/**
 * A worker in a pool: a connection, a bucket, and one run of a member after another. A member whose leading fails
 * begins a new run, at the end of the line; the worker stays.
 */
import { hostname } from "node:os"
import type { NatsConnection } from "nats"
import type { Bucket } from "./bucket.js"
import { builtInHandlers } from "./built-in-handlers.js"
import type { StandingClaim } from "./claim.js"
import { type TimingOptions, type Timings, timingsOf } from "./config.js"
import { type ConnectionOptions, connectToNats } from "./connection.js"
import { BadInput } from "./errors.js"
import type { Handlers } from "./handler.js"
import { openKvBucket } from "./kv-bucket.js"
import type { EndReason, Leadership } from "./leadership.js"
import type { Member } from "./member.js"
import { MemberRun, type MemberRunOptions } from "./member-run.js"
import { checkedName, DEFAULT_POOL, namesOf, type PoolNames } from "./names.js"
import type { Order } from "./orders.js"
import { membersIn } from "./roster.js"
import { oldest, type Strategy } from "./succession.js"
import { systemClock } from "./system-clock.js"

/** How simple work and a reign may take to finish when they end kindly, where nothing else is said. */
export const DEFAULT_GRACE_MS = 10_000
export const DEFAULT_LEADER_GRACE_MS = 1_000

/** How to join a pool. Everything has a default. */
export interface JoinOptions extends Handlers, TimingOptions {
  /** The pool, also the NATS subject of simple work. Default `work`. */
  readonly pool?: string
  /** A label for this worker. Default: host and pid. */
  readonly name?: string
  /** An open connection to use; it stays open. Otherwise one is made from `connect`. */
  readonly connection?: NatsConnection
  /** How to connect, if `connection` is not given. Default: as the `nats` command line does. */
  readonly connect?: ConnectionOptions
  /** Who comes first. Default: the longest running. */
  readonly strategy?: Strategy
  /** Whether this worker may lead. Default true. */
  readonly eligible?: boolean
  /** For the strategy `weight`. Default 1. */
  readonly weight?: number
  readonly labels?: Readonly<Record<string, string>>
  /** How many requests of simple work may be in flight. Default 100. */
  readonly concurrency?: number
  /** How long a handler may take, in ms. Default 30000. */
  readonly handlerTimeoutMs?: number
  /** How long simple work may take to finish when the worker leaves, in ms. Default 10000. */
  readonly graceMs?: number
  /** How long what a reign started may take to finish when it ends kindly, in ms. Default 1000. */
  readonly leaderGraceMs?: number
  /** Whether it obeys orders from the dashboard and the command line. Default false. */
  readonly allowControl?: boolean
  /** Obeys `stop`; by default the worker leaves its pool. */
  readonly onStopOrder?: (worker: PoolWorker) => void
  /** Told when the worker has joined anew, under a new id. */
  readonly onJoined?: () => void
  /** Told of every acknowledged claim that becomes known; `isSelf` if it is this worker's. */
  readonly onLeader?: (standing: StandingClaim, isSelf: boolean) => void
  /** Told when this worker begins to lead, and (with undefined) when it ceased. */
  readonly onReign?: (leadership: Leadership | undefined) => void
  /** Told what went wrong and is being dealt with. Default: nothing is said. */
  readonly report?: (problem: string, error?: unknown) => void
}

/**
 * Joins a pool; resolves when the worker is ready. Without any of `work`, `leaderWork` and `lead` it answers
 * with who did the work. Throws BadInput, NoServer, NotAuthorized, NoJetStream or ServerTooOld.
 *
 * @example
 * const worker = await joinPool({ pool: "mail", work: (job) => send(job.json()) })
 * process.once("SIGTERM", () => worker.leave())
 */
export async function joinPool(options: JoinOptions = {}): Promise<PoolWorker> {
  const name = checkedName(options.name ?? defaultName())
  const names = namesOf(options.pool ?? DEFAULT_POOL)
  const timings = timingsOf(options)
  const connection =
    options.connection ??
    (await connectToNats(options.connect, `pool ${names.pool} worker ${name}`))
  try {
    const report = options.report ?? (() => {})
    const bucket = await openKvBucket(connection, names.bucket, timings, ({ setting, was, is }) =>
      report(`bucket ${names.bucket} had another ${setting}: ${was}; it is ${is} now`),
    )
    const worker = new PoolWorker(options, { name, names, timings, connection, bucket })
    await worker.start()
    return worker
  } catch (error) {
    if (!options.connection) await connection.close()
    throw error
  }
}

/** What a worker stands on. */
interface Ground {
  readonly name: string
  readonly names: PoolNames
  readonly timings: Timings
  readonly connection: NatsConnection
  readonly bucket: Bucket
}

/** A worker that has joined a pool. Made by `joinPool`. */
export class PoolWorker {
  /** Resolves when the worker has left, however it came to that. */
  readonly closed: Promise<void>
  readonly #options: JoinOptions
  readonly #ground: Ground
  readonly #report: (problem: string, error?: unknown) => void
  #run: MemberRun
  #left: Promise<void> | undefined
  #settleClosed: () => void = () => {}

  /** @internal */
  constructor(options: JoinOptions, ground: Ground) {
    this.#options = options
    this.#ground = ground
    this.#report = options.report ?? (() => {})
    this.#run = this.#newRun()
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
  }

  /** @internal */
  async start(): Promise<void> {
    await this.#run.start()
    this.#followConnection()
  }

  /** Unique to this run; a restart brings a new one. */
  get id(): string {
    return this.#run.id
  }

  get name(): string {
    return this.#ground.name
  }

  get pool(): string {
    return this.#ground.names.pool
  }

  /** The worker as its pool sees it. */
  get member(): Member {
    return this.#run.member
  }

  /** Whether this worker leads at this instant. */
  get isLeader(): boolean {
    return this.#run.coordinator.leads()
  }

  /** Its reign, if it leads at this instant. */
  get leadership(): Leadership | undefined {
    return this.#run.coordinator.leadership
  }

  /** The claim as this worker knows it: who leads, or led last. */
  get leader(): StandingClaim | undefined {
    return this.#run.coordinator.standing
  }

  /** Takes no simple work until `resume`; keeps its place in the line. */
  pause(): void {
    this.#run.pause()
  }

  resume(): void {
    this.#run.resume()
  }

  /**
   * Gives up the seat: to the member with id `to`, or to the next in line. Resolves when it was handed on. Throws
   * BadInput if this worker does not lead, or there is no such member.
   */
  async handOver(to?: string): Promise<void> {
    if (!this.isLeader) throw new BadInput("hand-over", "the leader", `${this.name}, who follows`)
    if (to === undefined) return this.#run.resign("handed over")
    const members = membersIn(await this.#ground.bucket.entries())
    const heir = members.find((member) => member.id === to && member.eligible)
    if (!heir) throw new BadInput("heir", "the id of a member that may lead", to)
    await this.#run.resign("handed over", heir)
  }

  /** Leaves kindly, then joins anew: with a new start time, at the end of the line. */
  async restart(reason: EndReason = "stopping"): Promise<void> {
    if (this.#left) return
    const before = this.#run
    const after = this.#newRun()
    await before.stop(reason)
    if (this.#left) return
    this.#run = after
    await after.start()
    this.#options.onJoined?.()
  }

  /**
   * Leaves kindly: hands on the seat, finishes what is in flight within the grace times, deletes its entry, and
   * closes the connection if it made it. Resolves when all that is done.
   */
  leave(): Promise<void> {
    this.#left ??= this.#leave()
    return this.#left
  }

  async #leave(): Promise<void> {
    await this.#run.stop("stopping")
    const { connection } = this.#ground
    if (this.#options.connection) await connection.flush()
    else await connection.drain()
    this.#settleClosed()
  }

  #newRun(): MemberRun {
    const { name, names, timings, connection, bucket } = this.#ground
    const options = this.#options
    const { work, leaderWork, lead } = options
    const given: Handlers = {
      ...(work && { work }),
      ...(leaderWork && { leaderWork }),
      ...(lead && { lead }),
    }
    const runOptions: MemberRunOptions = {
      bus: connection,
      bucket,
      names,
      clock: systemClock,
      timings,
      strategy: options.strategy ?? oldest,
      character: {
        name,
        host: hostname(),
        pid: process.pid,
        eligible: options.eligible ?? true,
        weight: options.weight ?? 1,
        labels: options.labels ?? {},
        control: options.allowControl ?? false,
      },
      handlers: (leadership) =>
        Object.keys(given).length > 0 ? given : builtInHandlers(leadership),
      concurrency: options.concurrency,
      handlerTimeoutMs: options.handlerTimeoutMs,
      maxPayload: connection.info?.max_payload,
      graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
      leaderGraceMs: options.leaderGraceMs ?? DEFAULT_LEADER_GRACE_MS,
      obey: (order) => this.#obey(order),
      onFailed: () => this.#again("failed"),
      onClaim: (standing, isSelf) => options.onLeader?.(standing, isSelf),
      onReign: (leadership) => options.onReign?.(leadership),
      report: this.#report,
    }
    return new MemberRun(runOptions)
  }

  #again(reason: EndReason): void {
    this.restart(reason).catch((error) => this.#report("could not join anew", error))
  }

  #obey({ order, to }: Order): void {
    switch (order) {
      case "stop":
        if (this.#options.onStopOrder) return this.#options.onStopOrder(this)
        this.leave()
        return
      case "kill":
        this.#ground.connection.flush().finally(() => process.kill(process.pid, "SIGKILL"))
        return
      case "restart":
        return this.#again("stopping")
      case "pause":
        return this.pause()
      case "resume":
        return this.resume()
      case "hand-over":
        if (!this.isLeader)
          throw new BadInput("hand-over", "the leader", `${this.name}, who follows`)
        this.handOver(to).catch((error) => this.#report("could not hand over", error))
    }
  }

  async #followConnection(): Promise<void> {
    for await (const { type } of this.#ground.connection.status()) {
      if (type === "disconnect") this.#run.coordinator.connection(false)
      if (type === "reconnect") this.#run.coordinator.connection(true)
    }
  }
}

function defaultName(): string {
  const host = hostname().replace(/[^A-Za-z0-9_-]/g, "-")
  return `${host}-${process.pid}`.slice(-64)
}
