/**
 * Runs workers, each in a process of its own: starts them, tells them to stop, and hears what they say. A worker whose
 * supervisor dies notices that, and stops kindly.
 */
import { type ChildProcess, fork } from "node:child_process"
import { closeSync, mkdirSync, openSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { reasonOf } from "../errors/errors.js"
import { HeldJobs } from "../jobs/give-back/held-jobs.js"
import type { Lifeline } from "../programs/lifeline.js"
import { signalGroup } from "../programs/process-group.js"
import { type StartedProcess, startProcess } from "../programs/start-process.js"
import type { StandingClaim } from "../protocol/claim.js"
import { isModule } from "../strategies/strategy-words.js"
import { systemClock } from "../time/system-clock.js"
import { DeathWatch, type DeathWatchOptions } from "./death-watch.js"
import type { FromWorker, ToWorker } from "./messages.js"
import { StallWatch } from "./stall-watch.js"
import { type Worker, WorkerFailed } from "./worker-events.js"
import type { WorkerSettings } from "./worker-settings.js"

export type { Worker, WorkerEvent } from "./worker-events.js"

/** Bundled with its packages, where this file is: it begins in half the time. */
const ENTRY = fileURLToPath(new URL("./worker-main.js", import.meta.url))
/** What a module of the user imports from this package must be the very same that its worker has. */
const ENTRY_FOR_MODULES = fileURLToPath(new URL("../supervision/worker-main.js", import.meta.url))

export interface SupervisorOptions extends DeathWatchOptions {
  /** Where each worker's output goes, a file a worker; without it to this process's own output. */
  readonly logDir?: string | undefined
  /** Whether the workers, which read nothing themselves, pass on this process's standard input. Default `ignore`. */
  readonly stdin?: "ignore" | "inherit" | undefined
  /** With one, each worker is in a process group of its own; without, it is in ours, and Ctrl-Z suspends it too. */
  readonly lifeline?: Lifeline | undefined
  /** Told all that a worker says. */
  readonly onWord?: ((worker: Worker, word: FromWorker) => void) | undefined
  /** Called the moment a process is seen to be gone, before anybody is told. */
  readonly onExit?: ((worker: Worker) => void) | undefined
}

interface Child extends Worker {
  readonly process: StartedProcess
  id: string | undefined
  key: string | undefined
  standing: StandingClaim | undefined
  readonly held: HeldJobs
  /** From when it has joined, if it is to be killed when it stands still. */
  stallWatch: StallWatch | undefined
  isKind: boolean
  isAskedFor: boolean
  failure: { readonly message: string; readonly code: string } | undefined
  /** Resolves when the process is gone and what it left is cleared away. */
  over: Promise<void>
}

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #children = new Map<number, Child>()
  readonly #deaths: DeathWatch

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#deaths = new DeathWatch(options)
    if (options.logDir) mkdirSync(options.logDir, { recursive: true })
  }

  /** The workers that run, in the order in which they were started. */
  get workers(): readonly Worker[] {
    return [...this.#children.values()]
  }

  /** Starts a worker; resolves when it has joined. Rejects with WorkerFailed if it could not. */
  async start(settings: WorkerSettings): Promise<Worker> {
    const { name } = settings
    const started = startProcess(() => this.#fork(settings))
    // At once, so that whoever stops all in this very moment stops it too.
    if (started.process) return this.#watch(started.process, settings)
    const how = `could not be started: ${reasonOf(await started.failed)}`
    this.#options.onEvent({ type: "unstarted", worker: { name }, how })
    throw new WorkerFailed(name, `worker ${name} ${how}`)
  }

  #watch(process: StartedProcess, settings: WorkerSettings): Promise<Worker> {
    return new Promise((resolve, reject) => {
      const child: Child = {
        name: settings.name,
        pid: process.pid,
        startedMs: Date.now(),
        process,
        id: undefined,
        key: undefined,
        standing: undefined,
        held: new HeldJobs(),
        stallWatch: undefined,
        isKind: false,
        isAskedFor: false,
        failure: undefined,
        over: Promise.resolve(),
      }
      this.#children.set(child.pid, child)
      process.on("message", (word: FromWorker) => {
        this.#options.onWord?.(child, word)
        this.#heard(child, word)
        if (word.type !== "joined") return
        this.#watchStalls(child, settings.killStalledMs)
        resolve(child)
      })
      child.over = this.#deaths.watch(child, (how) => {
        this.#children.delete(child.pid)
        child.stallWatch?.stop()
        this.#options.onExit?.(child)
        const { message, code } = child.failure ?? {}
        reject(new WorkerFailed(child.name, message ?? `worker ${child.name} ${how}`, code))
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
    await this.#deaths.cleared()
  }

  /** Kills all at once, without a kind word. */
  killAll(): void {
    for (const child of this.#children.values()) {
      child.isAskedFor = true
      child.process.kill("SIGKILL")
    }
  }

  /** Killed first, so that its jobs go on elsewhere and are not run twice at once. */
  #watchStalls(child: Child, limitMs: number | undefined): void {
    if (limitMs === undefined) return
    child.stallWatch ??= new StallWatch(systemClock, limitMs, () => {
      const { name, process } = child
      this.#options.report(`worker ${name} stood still for more than ${limitMs} ms, and was killed`)
      process.kill("SIGKILL")
    })
  }

  #fork({ name, handler, strategy }: WorkerSettings): ChildProcess {
    const { logDir, stdin = "ignore", lifeline } = this.#options
    // The file itself and no pipe: what a worker does when its supervisor was killed is worth reading.
    const log = logDir ? openSync(join(logDir, `${name}.log`), "a") : undefined
    const [input, output] =
      log === undefined ? [stdin, "inherit" as const] : ["ignore" as const, log]
    try {
      const detached = lifeline !== undefined
      const entry = handler || isModule(strategy) ? ENTRY_FOR_MODULES : ENTRY
      const process = fork(entry, [], { detached, stdio: [input, output, output, "ipc"] })
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
    child.stallWatch?.heard()
    switch (word.type) {
      case "joined":
        child.id = word.id
        child.key = word.key
        child.standing = undefined
        return this.#options.onEvent({ type: "joined", worker: child })
      case "holds":
        child.standing = word.standing
        return
      case "jobs":
        return child.held.heard(word)
      case "left":
        child.isKind = true
        return
      case "failed":
        child.failure = word
        this.#options.onEvent({ type: "failed", worker: child, message: word.message })
    }
  }

  #tell(child: Child, word: ToWorker): void {
    // A process that is ending takes no words any more; its exit tells the rest.
    if (child.process.connected) child.process.send(word, () => {})
  }
}
