/**
 * Threads that do one task at a time, and a new one in the place of each that ends. A task is given only to one that has
 * begun, however many have yet to. What runs in a thread that ends fails; one that ends with nothing to do is reported.
 */
import type { TransferListItem } from "node:worker_threads"
import type { Piscina } from "piscina"
import type { Report } from "../contracts/troubles.js"
import { BadInput, PoolError, reasonOf } from "../errors/errors.js"
import { ThreadEnded } from "../errors/work-errors.js"
import { systemClock } from "../time/system-clock.js"
import type { ThreadData, ThreadResult, ThreadTask } from "./thread-messages.js"
import { ThreadStarts } from "./thread-starts.js"

export interface ThreadPoolOptions {
  readonly threads: number
  /** The URL of the file that each thread begins with. */
  readonly threadFile: string
  /** The URL of the user's module. */
  readonly module: string
  readonly report: Report
}

const IDLE = "a thread ended, with nothing to do; a new one begins"
const BUSY = "a thread ended, with a request in it; a new one begins"

export class ThreadPool {
  readonly #threads: Piscina<ThreadTask | undefined, ThreadResult>
  readonly #starts: ThreadStarts
  readonly #report: Report
  readonly #begun = new Set<number>()
  /** Of a thread that ended: to say so if nothing else does. */
  #saying: NodeJS.Immediate | undefined
  /** Whether it is we who end a thread at this moment. */
  #isEnding = false

  /** Throws PoolError where the system has no room for so many. */
  static async begin(options: ThreadPoolOptions): Promise<ThreadPool> {
    const Threads = await piscina()
    try {
      return new ThreadPool(Threads, options)
    } catch (error) {
      const problem = `${options.threads} threads could not be started: ${reasonOf(error)}`
      throw new PoolError(problem, { cause: error })
    }
  }

  private constructor(
    Threads: typeof Piscina,
    { threads, threadFile, module: file, report }: ThreadPoolOptions,
  ) {
    this.#report = report
    this.#starts = new ThreadStarts(systemClock)
    this.#threads = new Threads({
      filename: threadFile,
      workerData: { file, gate: this.#starts.gate } satisfies ThreadData,
      minThreads: threads,
      maxThreads: threads,
      loadBalancer: (_task, all) =>
        all.find(({ id, currentUsage }) => currentUsage === 0 && this.#begun.has(id)) ?? null,
      // What a module set going is to go on between two requests.
      atomics: "disabled",
      recordTiming: false,
      execArgv: process.execArgv,
    })
    this.#threads.on("workerCreate", ({ id }: { id: number }) => this.#begun.add(id))
    this.#threads.on("workerDestroy", () => this.#ended())
    this.#threads.on("error", (error) => this.#say(IDLE, error))
  }

  /** Resolves when all have loaded the module; rejects with what the first one failed at. */
  async loaded(): Promise<void> {
    const { minThreads } = this.#threads.options
    await Promise.all(Array.from({ length: minThreads }, () => this.#threads.run(undefined)))
  }

  /** Has a thread do `task`. `signal` ends that, and the thread with it. Rejects with ThreadEnded if the thread ended itself. */
  async run(
    task: ThreadTask,
    transferList: readonly TransferListItem[],
    signal: AbortSignal,
  ): Promise<ThreadResult> {
    const ended = (error: unknown) => {
      if (signal.aborted) throw error
      this.#say(BUSY, error)
      throw new ThreadEnded(reasonOf(error), { cause: error })
    }
    const options = { transferList: [...transferList], signal }
    // One that threw nothing at all brings nothing.
    return (await this.#threads.run(task, options).catch(ended)) ?? ended(null)
  }

  /** Ends the task whose signal is that of `overtime`. */
  end(overtime: AbortController): void {
    const wasEnding = this.#isEnding
    this.#isEnding = true
    overtime.abort()
    this.#isEnding = wasEnding
  }

  /** Ends the threads, and what they do. */
  async close(): Promise<void> {
    this.#isEnding = true
    this.#starts.close()
    await this.#threads.destroy()
  }

  #ended(): void {
    if (this.#isEnding) return
    this.#starts.ended()
    this.#saying = setImmediate(() => this.#report(IDLE, new Error("it exited")))
  }

  #say(problem: string, error: unknown): void {
    clearImmediate(this.#saying)
    this.#report(problem, error)
  }
}

/**
 * Loaded only where there are threads, for most workers need none. By a name that no bundler follows: it begins its threads
 * with a file of its own, which no bundle has.
 */
async function piscina(): Promise<typeof Piscina> {
  const name: string = "piscina"
  try {
    return (await import(/* webpackIgnore: true */ name)).Piscina
  } catch (error) {
    throw new BadInput("threads", "the package piscina beside the program", reasonOf(error), {
      cause: error,
    })
  }
}
