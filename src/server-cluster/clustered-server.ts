/**
 * One server of a cluster, over all its lives: it can be stopped kindly, killed, told to leave politely (lame duck), and
 * started again on the same ports, with its files or without. A new life begins only when the last one's process has ended:
 * a server whose port is still held dies at once.
 */
import { mkdirSync, rmSync } from "node:fs"
import { unawaited } from "../contracts/unawaited.js"
import { type StartedServer, type StartOptions, startServer } from "../nats-server/start-server.js"
import type { ServerPorts } from "./free-ports.js"
import { healthOf } from "./monitoring.js"

/** `starting`: its process is there, and does not listen yet. `lame duck`: told to leave, and not gone yet. */
export type ServerState = "starting" | "up" | "lame duck" | "down"

export interface ClusteredServerOptions {
  readonly name: string
  readonly ports: ServerPorts
  /** Where its files are. */
  readonly storeDir: string
  readonly start: StartOptions
  /** Told whenever its state has changed. */
  readonly onState?: (server: ClusteredServer) => void
}

export class ClusteredServer {
  readonly name: string
  readonly ports: ServerPorts
  /** `nats://127.0.0.1:port`; the same in every life. */
  readonly url: string
  readonly monitoringUrl: string
  readonly configFile: string
  readonly storeDir: string
  readonly #options: ClusteredServerOptions
  #life: StartedServer | undefined
  #version = ""
  #state: ServerState = "down"
  /** Starts and ends, one after another. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ClusteredServerOptions) {
    this.#options = options
    this.name = options.name
    this.ports = options.ports
    this.url = `nats://127.0.0.1:${options.ports.client}`
    this.monitoringUrl = `http://127.0.0.1:${options.ports.monitoring}`
    this.configFile = options.start.configFile as string
    this.storeDir = options.storeDir
  }

  get state(): ServerState {
    return this.#state
  }

  /** Of its process; undefined while it is down. */
  get pid(): number | undefined {
    return this.#life?.pid
  }

  /** What it says it is; "" before its first life. */
  get version(): string {
    return this.#version
  }

  get logFile(): string {
    return this.#options.start.logFile as string
  }

  /** Resolves when the process of this life is gone, whoever ended it; at once if there is none. */
  get ended(): Promise<void> {
    return this.#life?.ended ?? Promise.resolve()
  }

  /**
   * Starts it, once its last life has ended; harmless if it is up. Resolves when it listens, which is before it has caught
   * up with the others: see `isHealthy`. `isEmpty` deletes its files before. Throws ServerFailed.
   */
  start({ isEmpty = false }: { isEmpty?: boolean } = {}): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === "up") return
      await this.ended
      if (isEmpty) rmSync(this.storeDir, { recursive: true, force: true })
      mkdirSync(this.storeDir, { recursive: true })
      this.#turn("starting")
      try {
        const life = await startServer(this.#options.start)
        this.#life = life
        this.#version = life.version
        this.#turn("up")
        unawaited(life.ended.then(() => this.#hasEnded()))
      } catch (error) {
        this.#turn("down")
        throw error
      }
    })
  }

  /** Stops it kindly, after `graceMs` (5000) by force; resolves when its process is gone. */
  stop(graceMs?: number): Promise<void> {
    return this.#end(graceMs)
  }

  /** Ends it by SIGKILL; resolves when its process is gone. */
  kill(): Promise<void> {
    return this.#end(0)
  }

  /** Has it leave politely: it tells its clients, hands on what it leads, and ends a few seconds later (see `ended`). */
  lameDuck(): void {
    if (this.#state !== "up" || this.pid === undefined) return
    process.kill(this.pid, "SIGUSR2")
    this.#turn("lame duck")
  }

  /** Suspends its process (SIGSTOP): connections stay open, and nothing answers. */
  freeze(): void {
    if (this.pid !== undefined) process.kill(this.pid, "SIGSTOP")
  }

  thaw(): void {
    if (this.pid !== undefined) process.kill(this.pid, "SIGCONT")
  }

  /** Whether its `/healthz` says ok: it knows who leads the cluster, and its streams have caught up. */
  async isHealthy(): Promise<boolean> {
    return (await healthOf(this.monitoringUrl)) === "ok"
  }

  #hasEnded(): void {
    this.#life = undefined
    this.#turn("down")
  }

  /** This life at once, and the one that was asked for before, if it still waits for the end of this one. */
  #end(graceMs?: number): Promise<void> {
    const ending = this.#life?.stop(graceMs)
    return this.#inTurn(async () => {
      await ending
      await this.#life?.stop(graceMs)
    })
  }

  #turn(state: ServerState): void {
    if (this.#state === state) return
    this.#state = state
    this.#options.onState?.(this)
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => {})
    return turn
  }
}
