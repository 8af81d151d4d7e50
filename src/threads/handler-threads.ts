/**
 * Handlers in threads of their own, so that one that computes for long does not hold up the leases of its worker. Each
 * thread loads the module itself and does one request at a time: what the module keeps in its variables is kept once for
 * each thread. `lead`, `jobs` and `cron` stay in the worker's own thread.
 *
 * The signal of a job fires in its thread as well. A handler that has not ended a second later (it may compute in a
 * loop that never looks) is ended with its thread, in whose place a new one begins. So is a thread that fails outside of
 * any handler, in a timer or a promise that nobody awaits: that costs what runs in it, a 500, and nothing else. Where threads
 * end again and again the new ones begin after a pause.
 */
import { MessageChannel } from "node:worker_threads"
import { withCallbacks } from "../contracts/callbacks.js"
import type { Report } from "../contracts/troubles.js"
import { unawaited, unexpected, warnOf } from "../contracts/unawaited.js"
import { BadHandler, reasonOf } from "../errors/errors.js"
import { textOf } from "../errors/thrown.js"
import type { EndReason, Leadership, ReignEnded } from "../lease/leadership.js"
import { callable, checkKind, checkOptions, text, wholeFrom } from "../options/known-options.js"
import { type Handlers, handlerFile, loadHandlers } from "../work/handler.js"
import type { Job } from "../work/job.js"
import { threadFileOf } from "./thread-file.js"
import {
  type FromThread,
  type PublishAnswer,
  SharedHold,
  type ThreadTask,
  type ToThread,
  thrownOf,
} from "./thread-messages.js"
import { ThreadPool } from "./thread-pool.js"

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
    checkKind("threads", threads, wholeFrom(1))
    const loaded = await loadHandlers(path)
    const { report } = withCallbacks({ report: options.report ?? warnOfThread })
    const threadFile = threadFileOf(options.threadFile)
    const pool = await ThreadPool.begin({ threads, threadFile, module: handlerFile(path), report })
    try {
      await pool.loaded()
    } catch (error) {
      await pool.close()
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
      ...(loaded.jobs && { jobs: loaded.jobs }),
      ...(loaded.cron && { cron: loaded.cron }),
    }
  }

  /** Ends the threads, and what they do. */
  async close(): Promise<void> {
    await this.#pool.close()
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
      timer = setTimeout(() => this.#pool.end(overtime), OVERTIME_MS)
    }
    ours.on("message", (word: FromThread) =>
      unawaited(publish(word, leadership).then(tell), unexpected(this.#report)),
    )
    job.signal.addEventListener("abort", abort, { once: true })
    if (job.signal.aborted) abort()
    try {
      const result = await this.#pool.run(task, [port, data.buffer], overtime.signal)
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
