/**
 * A supervisor with what it needs to give a dead worker's word: a connection and a bucket of its own. Workers are
 * started, stopped and restarted through it.
 */
import type { NatsConnection } from "nats"
import { timingsOf } from "./config.js"
import { connectToNats } from "./connection.js"
import { openKvBucket } from "./kv-bucket.js"
import { namesOf } from "./names.js"
import type { WorkerSettings } from "./process-words.js"
import { Supervisor, type WorkerEvent } from "./supervisor.js"
import { systemClock } from "./system-clock.js"
import { DEFAULT_GRACE_MS, DEFAULT_LEADER_GRACE_MS } from "./worker.js"

/** Beyond the grace times, how long a worker that stops may take, in ms. */
const MARGIN_MS = 5_000

export interface CrewOptions {
  /** What all workers have in common. */
  readonly settings: WorkerSettings
  readonly logDir?: string | undefined
  readonly onEvent: (event: WorkerEvent) => void
  readonly report: (problem: string, error?: unknown) => void
}

export class Crew {
  readonly supervisor: Supervisor
  readonly connection: NatsConnection
  readonly #settings: WorkerSettings

  private constructor(options: CrewOptions, connection: NatsConnection, supervisor: Supervisor) {
    this.#settings = options.settings
    this.connection = connection
    this.supervisor = supervisor
  }

  /** Connects, and opens the bucket. Throws as `joinPool` does. */
  static async gather(options: CrewOptions): Promise<Crew> {
    const { settings, logDir, onEvent, report } = options
    const names = namesOf(settings.pool)
    const timings = timingsOf(settings)
    const connection = await connectToNats(settings.connect, `pool ${settings.pool} supervisor`)
    try {
      const bucket = await openKvBucket(connection, names.bucket, timings, (adjustment) =>
        report(
          `bucket ${names.bucket}: ${adjustment.setting} was ${adjustment.was}, is ${adjustment.is} now`,
        ),
      )
      const pool = {
        bus: connection,
        bucket,
        names,
        clock: systemClock,
        stepMs: timings.stepMs,
        by: `supervisor ${process.pid}`,
      }
      return new Crew(options, connection, new Supervisor({ pool, logDir, onEvent, report }))
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** Starts the worker `name`; resolves when it has joined. */
  async start(name: string): Promise<void> {
    await this.supervisor.start({ ...this.#settings, name })
  }

  /** Stops all workers kindly, and closes the connection. */
  async disband(): Promise<void> {
    const { graceMs = DEFAULT_GRACE_MS, leaderGraceMs = DEFAULT_LEADER_GRACE_MS } = this.#settings
    await this.supervisor.stopAll(graceMs + leaderGraceMs + MARGIN_MS)
    await this.connection.drain()
  }
}
