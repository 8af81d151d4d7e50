/**
 * Handlers in threads of their own, so that one that computes for long does not hold up the leases of its worker. Each
 * thread loads the module itself and does one request at a time: what the module keeps in its variables is kept once for
 * each thread. `lead` stays in the worker's own thread.
 *
 * The signal of a job fires in its thread as well. A handler that has not ended a second later (it may compute in a
 * loop that never looks) is ended with its thread, in whose place a new one begins. So is a thread that fails outside of
 * any handler, in a timer or a promise that nobody awaits: that costs what runs in it, a 500, and nothing else.
 */
import { MessageChannel } from "node:worker_threads"
import type { Piscina } from "piscina"
import { withCallbacks } from "../contracts/callbacks.js"
import type { Report } from "../contracts/troubles.js"
import { unawaited, unexpected, warnOf } from "../contracts/unawaited.js"
import { BadHandler, BadInput, PoolError, reasonOf } from "../errors/errors.js"
import { textOf } from "../errors/thrown.js"
import { ThreadEnded } from "../errors/work-errors.js"
import type { EndReason, Leadership, ReignEnded } from "../lease/leadership.js"
import { callable, checkKind, checkOptions, text } from "../options/known-options.js"
import { type Handlers, handlerFile, loadHandlers } from "../work/handler.js"
import type { Job } from "../work/job.js"
import { threadFileOf } from "./thread-file.js"
import {
  type FromThread,
  type PublishAnswer,
  SharedHold,
  type ThreadResult,
  type ThreadTask,
  type ToThread,
  thrownOf,
} from "./thread-messages.js"

/** How long a handler whose signal fired may go on, in ms. */
const OVERTIME_MS = 1_000
/** How often a thread that works for the leader is told how long the reign holds, in ms. */
const SHARE_MS = 50

/** What threads need beside a module. */
export interface ThreadsOptions {
  /**
   * The path of the file that each thread begins with, which the package exports as `service-pool-leader/thread`. To be
   * named in a program that is bundled, unless the package is installed beside the bundle. Default: the package's own.
   */
  readonly threadFile?: string | undefined
  /** Told of a thread that ended, and why. Default: Node warns. */
  readonly report?: Report | undefined
}

type ThreadPool = Piscina<ThreadTask | undefined, ThreadResult>

/** A handler module in threads. Made by `HandlerThreads.open`. */
export class HandlerThreads {
  /** To be given to `joinPool`, with a `concurrency` of as many as there are threads. */
  readonly handlers: Handlers
  readonly #pool: ThreadPool
  readonly #report: Report

  /**
   * Starts `threads` threads with the module at `path`, as `pool worker --handler path --threads n` does. Throws
   * BadInput for a number that is not whole or below 1, and in a bundled program that doesn't say where the threads'
   * file is; BadHandler for a module that can't be used.
   *
   * @example
   * const threads = await HandlerThreads.open("./resize.js", 4)
   * const worker = await joinPool({ ...threads.handlers, concurrency: 4 })
   * await worker.closed
   * await threads.close()
   */
  static async open(
    path: string,
    threads: number,
    options: ThreadsOptions = {},
  ): Promise<HandlerThreads> {
    checkOptions("HandlerThreads.open", options, { threadFile: text, report: callable })
    checkKind("path", path, text)
    if (!(Number.isInteger(threads) && threads > 0)) {
      throw new BadInput("threads", "a whole number from 1", threads)
    }
    const loaded = await loadHandlers(path)
    const filename = threadFileOf(options.threadFile)
    const Pool = await threadPool()
    const pool = startThreads(
      threads,
      () =>
        new Pool({
          filename,
          workerData: handlerFile(path),
          minThreads: threads,
          maxThreads: threads,
          // What a module set going is to go on between two requests.
          atomics: "disabled",
          recordTiming: false,
          execArgv: process.execArgv,
        }),
    )
    const { report } = withCallbacks({ report: options.report ?? warnOfThread })
    pool.on("error", (error) =>
      report("a thread ended, with nothing to do; a new one begins", error),
    )
    try {
      await Promise.all(Array.from({ length: threads }, () => pool.run(undefined)))
    } catch (error) {
      await pool.destroy()
      const problem = `in a thread ${textOf(error, "problem") ?? reasonOf(error)}`
      throw new BadHandler(path, problem, { cause: error })
    }
    return new HandlerThreads(loaded, pool, report)
  }

  private constructor(loaded: Handlers, pool: ThreadPool, report: Report) {
    this.#pool = pool
    this.#report = report
    this.handlers = {
      ...(loaded.work && { work: (job) => this.#run(job) }),
      ...(loaded.leaderWork && {
        leaderWork: (job, leadership) => this.#run(job, leadership),
      }),
      ...(loaded.lead && { lead: loaded.lead }),
    }
  }

  /** Ends the threads, and what they do. */
  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #run(job: Job, leadership?: Leadership): Promise<unknown> {
    const { port1: ours, port2: port } = new MessageChannel()
    // A copy: the bytes of a message lie in a buffer that it shares with others. Not `slice`, which is none of a Buffer.
    const data = new Uint8Array(job.data)
    const hold = leadership && shareHold(leadership)
    const task: ThreadTask = {
      ...{ data, subject: job.subject, member: job.member, port },
      headers: job.headers && [...job.headers],
      reign: leadership && hold && { term: leadership.term, hold: hold.memory },
    }
    const overtime = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const tell = (word: ToThread) => ours.postMessage(word)
    const abort = () => {
      const reason = thrownOf(job.signal.reason)
      tell({ type: "abort", reason, ...(leadership?.signal.aborted && endOf(leadership)) })
      // Only then: who reads there that the reign is over looks for the reason.
      hold?.stop()
      timer = setTimeout(() => overtime.abort(), OVERTIME_MS)
    }
    ours.on("message", (word: FromThread) =>
      unawaited(publish(word, leadership).then(tell), unexpected(this.#report)),
    )
    job.signal.addEventListener("abort", abort, { once: true })
    if (job.signal.aborted) abort()
    try {
      const options = { transferList: [port, data.buffer], signal: overtime.signal }
      const ended = (error: unknown) => {
        if (overtime.signal.aborted) throw error
        this.#report("a thread ended, with a request in it; a new one begins", error)
        throw new ThreadEnded(reasonOf(error), { cause: error })
      }
      // One that threw nothing at all brings nothing.
      const result = (await this.#pool.run(task, options).catch(ended)) ?? ended(null)
      if ("payload" in result) return result.payload
      const { status, reason } = result.failure
      throw Object.assign(new Error(reason), { status })
    } finally {
      job.signal.removeEventListener("abort", abort)
      clearTimeout(timer)
      hold?.stop()
      ours.close()
    }
  }
}

/** What `start` returns. Throws PoolError where the system has no room for so many. */
function startThreads<T>(threads: number, start: () => T): T {
  try {
    return start()
  } catch (error) {
    const problem = `${threads} threads could not be started: ${reasonOf(error)}`
    throw new PoolError(problem, { cause: error })
  }
}

/**
 * Loaded only where there are threads, for most workers need none. By a name that no bundler follows: it begins its threads
 * with a file of its own, which no bundle has.
 */
async function threadPool(): Promise<typeof Piscina> {
  const name: string = "piscina"
  try {
    return (await import(/* webpackIgnore: true */ name)).Piscina
  } catch (error) {
    throw new BadInput("threads", "the package piscina beside the program", reasonOf(error), {
      cause: error,
    })
  }
}

function warnOfThread(_: string, error: unknown): void {
  warnOf(error)
}

/** Keeps a thread told how a reign stands, until it is stopped. */
function shareHold(leadership: Leadership): { memory: SharedArrayBuffer; stop: () => void } {
  const shared = new SharedHold()
  const share = () => shared.set(leadership.remainingMs(), leadership.isLeading())
  share()
  const timer = setInterval(share, SHARE_MS)
  const stop = () => {
    clearInterval(timer)
    share()
  }
  return { memory: shared.memory, stop }
}

function endOf({ signal }: Leadership): { reignEnded: EndReason } {
  return { reignEnded: (signal.reason as ReignEnded).reason }
}

async function publish(
  { id, subject, payload }: FromThread,
  leadership: Leadership | undefined,
): Promise<PublishAnswer> {
  try {
    if (!leadership) throw new Error("only the leader publishes")
    return { type: "published", id, published: await leadership.publish(subject, payload) }
  } catch (error) {
    return { type: "not published", id, reason: thrownOf(error) }
  }
}
