/**
 * A supervisor with what it needs to give a dead worker's word: a connection and a bucket of its own. Workers are
 * started, stopped and restarted through it.
 */
import type { NatsConnection } from "nats"
import { unawaited } from "../contracts/unawaited.js"
import type { EndedReign, HandOnOptions } from "../coordinator/hand-on.js"
import { HistoryWriter } from "../history/history-stream.js"
import { watchesOpened } from "../jetstream/kv-watch.js"
import { openPool } from "../jetstream/open-pool.js"
import { timingsOf } from "../lease/timings.js"
import { httpAddressOf, placeAfter, shownAddress } from "../observe/http-address.js"
import { Lifeline } from "../programs/lifeline.js"
import { namesOf } from "../protocol/names.js"
import { systemClock } from "../time/system-clock.js"
import { DEFAULT_GRACE_MS, DEFAULT_LEADER_GRACE_MS } from "../worker/join-options.js"
import { warmedUpOnce } from "../worker/warm-up.js"
import { Respawn } from "./respawn.js"
import { Supervisor, type SupervisorOptions, type WorkerEvent } from "./supervisor.js"
import type { WorkerSettings } from "./worker-settings.js"

/** Beyond the grace times, how long a worker that stops may take, in ms. */
const MARGIN_MS = 5_000

export interface WorkerGroupOptions extends Omit<SupervisorOptions, "pool" | "lifeline"> {
  /** What all workers have in common. */
  readonly settings: WorkerSettings
  /** Whether a worker whose process died is brought back. Default false. */
  readonly respawn?: boolean | undefined
  /** Whether workers are out of reach of what is sent to our terminal: Ctrl-Z and Ctrl-C. Default false. */
  readonly ownGroups?: boolean | undefined
  /** Where the workers connect: each first to another of these, and to the next ones when that one is away. */
  readonly servers?: readonly string[] | undefined
  /** Gives up gathering: what is waited for is not waited for any longer. */
  readonly signal?: AbortSignal | undefined
}

export class WorkerGroup {
  readonly supervisor: Supervisor
  readonly connection: NatsConnection
  #disbanding: Promise<void> | undefined
  readonly #settings: WorkerSettings
  readonly #servers: readonly string[]
  readonly #history: HistoryWriter
  readonly #respawn: Respawn | undefined
  /** Names of its workers; where one stands says which port is its own, and which server it tries first. */
  readonly #places: string[] = []

  private constructor(
    options: WorkerGroupOptions,
    connection: NatsConnection,
    pool: HandOnOptions,
    history: HistoryWriter,
  ) {
    const { settings, respawn, ownGroups, servers = [], signal: _, ...supervision } = options
    const { onEvent, report } = supervision
    this.#settings = settings
    this.#servers = servers
    this.connection = connection
    this.#history = history
    const start = (name: string) => this.start(name)
    if (respawn) this.#respawn = new Respawn({ clock: systemClock, start, report })
    this.supervisor = new Supervisor({
      ...supervision,
      // They notice our death themselves, and leave kindly.
      ...(ownGroups && {
        lifeline: new Lifeline({ graceMs: leavingMs(settings), last: "KILL" }),
      }),
      pool,
      onEvent: (event) => {
        onEvent(event)
        this.#heed(event)
      },
    })
  }

  /** Connects, and opens the bucket. Throws as `joinPool` does. */
  static async gather(options: WorkerGroupOptions): Promise<WorkerGroup> {
    const { settings, report, signal } = options
    const names = namesOf(settings.pool)
    const name = `pool ${settings.pool} supervisor`
    const opening = openPool({
      connect: { onWait: report, ...settings.connect, signal },
      ...{ name, names, timings: timingsOf(settings), report },
    })
    const [{ connection, bucket, timings }] = await Promise.all([opening, warmedUpOnce()])
    try {
      const history = new HistoryWriter(connection, names, timings.replicas)
      const pool = {
        bus: connection,
        bucket,
        names,
        clock: systemClock,
        stepMs: timings.stepMs,
        by: `supervisor ${process.pid}`,
        onReleased: ({ reign, standing, reason }: EndedReign) => {
          const record = { type: "ended", ...reign, name: standing.claim.name, reason } as const
          unawaited(history.write(record), (error) =>
            report("the history could not be written", error),
          )
        },
      }
      return new WorkerGroup(options, connection, pool, history)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** Starts the worker `name`; resolves when it has joined. */
  async start(name: string): Promise<void> {
    const own = { connect: this.#connectOf(name), http: this.#httpOf(name) }
    await this.supervisor.start({ ...this.#settings, name, ...own })
  }

  /** Stops all workers kindly, and closes the connection. */
  disband(): Promise<void> {
    this.#disbanding ??= this.#disband()
    return this.#disbanding
  }

  async #disband(): Promise<void> {
    this.#respawn?.stop()
    await this.supervisor.stopAll(leavingMs(this.#settings))
    await Promise.all([this.#history.settled(), watchesOpened(this.connection)])
    // Without a server there is nothing to drain.
    await this.connection.drain().catch(() => this.connection.close())
  }

  #httpOf(name: string): string | undefined {
    const { http } = this.#settings
    return http && shownAddress(placeAfter(httpAddressOf(http), this.#placeOf(name)))
  }

  #connectOf(name: string): WorkerSettings["connect"] {
    const servers = this.#servers
    const { connect } = this.#settings
    if (servers.length < 2) return connect
    const first = this.#placeOf(name) % servers.length
    const turned = [...servers.slice(first), ...servers.slice(0, first)]
    return { ...connect, servers: turned, noRandomize: true }
  }

  /** A worker that is started again has the place that it had. */
  #placeOf(name: string): number {
    if (!this.#places.includes(name)) this.#places.push(name)
    return this.#places.indexOf(name)
  }

  #heed(event: WorkerEvent): void {
    const { name } = event.worker
    if (event.type === "joined") this.#respawn?.joined(name)
    if (event.type === "unstarted") this.#respawn?.died(name, event.how)
    if (event.type !== "gone" || event.isKind || event.isAskedFor) return
    this.#respawn?.died(name, event.how)
  }
}

/** How long a worker that stops may take, in ms. */
function leavingMs(settings: WorkerSettings): number {
  const { graceMs = DEFAULT_GRACE_MS, leaderGraceMs = DEFAULT_LEADER_GRACE_MS } = settings
  return graceMs + leaderGraceMs + MARGIN_MS
}
