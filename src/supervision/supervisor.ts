/**
 * Runs workers, each in a process of its own, and sees them end. What a process left standing when it died (a claim,
 * an entry) is ended in its name at once: the parent of a process is the one witness that can prove its death. A
 * worker whose supervisor dies notices that, and stops kindly.
 */
import { type ChildProcess, fork } from "node:child_process"
import { closeSync, mkdirSync, openSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { type Deceased, evict } from "../coordinator/eviction.js"
import type { HandOnOptions } from "../coordinator/hand-on.js"
import { reasonOf } from "../errors/errors.js"
import type { Lifeline } from "../programs/lifeline.js"
import { signalGroup } from "../programs/process-group.js"
import { type StartedProcess, startProcess } from "../programs/start-process.js"
import type { StandingClaim } from "../protocol/claim.js"
import { within } from "../time/within.js"
import type { FromWorker, ToWorker } from "./messages.js"
import { type Worker, type WorkerEvent, WorkerFailed } from "./worker-events.js"
import type { WorkerSettings } from "./worker-settings.js"

export type { Worker, WorkerEvent } from "./worker-events.js"

const ENTRY = fileURLToPath(new URL("./worker-main.js", import.meta.url))

/** How long evicting may take, for instance while the server is away, in ms. */
const EVICTION_MS = 5_000

export interface SupervisorOptions {
  /** What eviction needs: a bus and a bucket of the supervisor's own. */
  readonly pool: HandOnOptions
  /** Where each worker's output goes, a file a worker; without it to this process's own output. */
  readonly logDir?: string | undefined
  /** Whether the workers, which read nothing themselves, pass on this process's standard input. Default `ignore`. */
  readonly stdin?: "ignore" | "inherit" | undefined
  /** With one, each worker is in a process group of its own; without, it is in ours, and Ctrl-Z suspends it too. */
  readonly lifeline?: Lifeline | undefined
  readonly onEvent: (event: WorkerEvent) => void
  /** Told all that a worker says. */
  readonly onWord?: ((worker: Worker, word: FromWorker) => void) | undefined
  /** Called the moment a process is seen to be gone, before anybody is told. */
  readonly onExit?: ((worker: Worker) => void) | undefined
  readonly report: (problem: string, error?: unknown) => void
}

interface Child extends Worker {
  readonly process: StartedProcess
  id: string | undefined
  key: string | undefined
  standing: StandingClaim | undefined
  isKind: boolean
  isAskedFor: boolean
  failure: { readonly message: string; readonly code: string } | undefined
  /** Resolves when the process is gone and what it left is cleared away. */
  readonly over: Promise<void>
}

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #children = new Map<number, Child>()
  /** Workers that are gone, while what they left is cleared away. */
  readonly #clearing = new Set<Promise<void>>()

  constructor(options: SupervisorOptions) {
    this.#options = options
    if (options.logDir) mkdirSync(options.logDir, { recursive: true })
  }

  /** The workers that run, in the order in which they were started. */
  get workers(): readonly Worker[] {
    return [...this.#children.values()]
  }

  /** Starts a worker; resolves when it has joined. Rejects with WorkerFailed if it could not. */
  async start(settings: WorkerSettings): Promise<Worker> {
    const { name } = settings
    const started = startProcess(() => this.#fork(name))
    // At once, so that whoever stops all in this very moment stops it too.
    if (started.process) return this.#watch(started.process, settings)
    const how = `could not be started: ${reasonOf(await started.failed)}`
    this.#options.onEvent({ type: "unstarted", worker: { name }, how })
    throw new WorkerFailed(name, `worker ${name} ${how}`)
  }

  #watch(process: StartedProcess, settings: WorkerSettings): Promise<Worker> {
    return new Promise((resolve, reject) => {
      let settleOver: () => void = () => {}
      const child: Child = {
        name: settings.name,
        pid: process.pid,
        startedMs: Date.now(),
        process,
        id: undefined,
        key: undefined,
        standing: undefined,
        isKind: false,
        isAskedFor: false,
        failure: undefined,
        over: new Promise<void>((over) => {
          settleOver = over
        }),
      }
      this.#children.set(child.pid, child)
      process.on("message", (word: FromWorker) => {
        this.#options.onWord?.(child, word)
        this.#heard(child, word)
        if (word.type === "joined") resolve(child)
      })
      const ended = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#children.delete(child.pid)
        this.#options.onExit?.(child)
        const how = signal ? `killed by ${signal}` : `ended with exit code ${code}`
        const { message, code: why } = child.failure ?? {}
        reject(new WorkerFailed(child.name, message ?? `worker ${child.name} ${how}`, why))
        const cleared = this.#gone(child, how, code ?? undefined)
        this.#clearing.add(cleared)
        const over = cleared.then(() => {
          this.#clearing.delete(cleared)
          settleOver()
        })
        unawaited(over, unexpected(this.#options.report))
      }
      process.once("exit", (code, signal) => {
        // That it left may have been said and not been read yet.
        const isUnread = code === 0 && process.connected
        if (isUnread) process.once("disconnect", () => ended(code, signal))
        else ended(code, signal)
      })
      // What can't be sent, or signalled, is no end; that one tells itself.
      process.on("error", (error) => this.#options.report(`worker ${child.name}`, error))
      this.#tell(child, { type: "start", settings })
    })
  }

  /** Stops a worker kindly; resolves when it is gone. One that does not obey is killed after `killAfterMs`. */
  async stop(pid: number, killAfterMs: number): Promise<void> {
    const child = this.#children.get(pid)
    if (!child) return
    child.isAskedFor = true
    // One that is suspended would not hear it.
    child.process.kill("SIGCONT")
    if (child.process.connected) this.#tell(child, { type: "stop" })
    // It has closed its end, or the user's module did.
    else child.process.kill("SIGTERM")
    const timer = setTimeout(() => child.process.kill("SIGKILL"), killAfterMs)
    await child.over
    clearTimeout(timer)
  }

  /** Resolves when the process `pid` is gone, and what it left is cleared away. */
  async gone(pid: number): Promise<void> {
    await this.#children.get(pid)?.over
  }

  /** Stops all kindly: the followers first, youngest before older, so that leadership moves at most once. */
  async stopAll(killAfterMs: number): Promise<void> {
    const children = [...this.#children.values()]
    const followers = children.filter((child) => !child.standing).reverse()
    await Promise.all(followers.map(({ pid }) => this.stop(pid, killAfterMs)))
    await Promise.all([...this.#children.keys()].map((pid) => this.stop(pid, killAfterMs)))
    await this.cleared()
  }

  /** Resolves when nothing is left of the workers that are gone: no claim, no entry. */
  async cleared(): Promise<void> {
    await Promise.all(this.#clearing)
  }

  /** Kills all at once, without a kind word. */
  killAll(): void {
    for (const child of this.#children.values()) {
      child.isAskedFor = true
      child.process.kill("SIGKILL")
    }
  }

  #fork(name: string): ChildProcess {
    const { logDir, stdin = "ignore", lifeline } = this.#options
    // The file itself and no pipe: what a worker does when its supervisor was killed is worth reading.
    const log = logDir ? openSync(join(logDir, `${name}.log`), "a") : undefined
    const [input, output] =
      log === undefined ? [stdin, "inherit" as const] : ["ignore" as const, log]
    try {
      const detached = lifeline !== undefined
      const process = fork(ENTRY, [], { detached, stdio: [input, output, output, "ipc"] })
      const { pid } = process
      if (lifeline && pid !== undefined) {
        lifeline.hold(pid)
        process.once("exit", () => {
          // What it started does not outlive it.
          signalGroup(pid, "SIGTERM")
          lifeline.release(pid)
        })
      }
      return process
    } finally {
      if (log !== undefined) closeSync(log)
    }
  }

  #heard(child: Child, word: FromWorker): void {
    switch (word.type) {
      case "joined":
        child.id = word.id
        child.key = word.key
        child.standing = undefined
        return this.#options.onEvent({ type: "joined", worker: child })
      case "holds":
        child.standing = word.standing
        return
      case "left":
        child.isKind = true
        return
      case "failed":
        child.failure = word
        this.#options.onEvent({ type: "failed", worker: child, message: word.message })
    }
  }

  async #gone(child: Child, how: string, exitCode: number | undefined): Promise<void> {
    const { key, id, standing, isKind, isAskedFor, name } = child
    const eviction =
      !isKind && key && id
        ? this.#evict({ key, id, standing }).catch((error) =>
            this.#options.report(`could not evict ${name}; its lease runs out`, error),
          )
        : undefined
    this.#options.onEvent({ type: "gone", worker: child, isKind, isAskedFor, how, exitCode })
    await eviction
  }

  #evict(dead: Deceased): Promise<void> {
    const { pool } = this.#options
    return within(pool.clock, EVICTION_MS, evict(pool, dead, "killed"))
  }

  #tell(child: Child, word: ToWorker): void {
    // A process that is ending takes no words any more; its exit tells the rest.
    if (child.process.connected) child.process.send(word, () => {})
  }
}
