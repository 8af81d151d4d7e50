/**
 * What runs in each thread: the user's module, loaded once, and one request at a time for its handlers. They see the
 * same Job and Leadership as in the worker's own thread.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads"
import { copyHeaders } from "../encoding/headers.js"
import { payloadOf } from "../encoding/payload.js"
import { computedSignal } from "../lease/computed-signal.js"
import { type Leadership, type Published, ReignEnded } from "../lease/leadership.js"
import { failureOf, Seal } from "../protocol/reply.js"
import { loadHandlers } from "../work/handler.js"
import { TakenRequest } from "../work/taken-request.js"
import {
  errorOf,
  type FromThread,
  type PublishAnswer,
  SharedHold,
  type ThreadData,
  type ThreadResult,
  type ThreadTask,
  type ToThread,
} from "./thread-messages.js"
import { letBegin } from "./thread-starts.js"

const { file, gate } = workerData as ThreadData
letBegin(gate)
/** Awaited by what runs, and not here: one that ends while it loads would be taken for the end of all threads. */
const loading = loadHandlers(file).catch((error): Promise<never> => {
  // Ends the thread, and tells why.
  setImmediate(() => {
    throw error
  })
  return new Promise(() => {})
})

/** Does one request; without one it says that the module is loaded. Called by the pool of threads. */
export default async function run(task: ThreadTask | undefined): Promise<ThreadResult> {
  const handlers = await loading
  if (!task) return { payload: new Uint8Array(0) }
  const { port, subject, data, member, reign } = task
  const hdrs = task.headers && copyHeaders(task.headers)
  const message = { subject, data, ...(hdrs && { headers: hdrs }), respond: () => false }
  const leadership = reign && new ThreadLeadership(port, reign.term, new SharedHold(reign.hold))
  const job = new TakenRequest(message, new Seal(member, leadership), 0)
  const hear = (word: ToThread) => {
    if (word.type !== "abort") return leadership?.heard(word)
    if (word.reignEnded) leadership?.end(new ReignEnded(word.reignEnded, leadership.term))
    job.abort(leadership?.signal.aborted ? leadership.signal.reason : errorOf(word.reason))
  }
  // What was given up while it waited for a thread is not begun.
  const waiting = receiveMessageOnPort(port)
  if (waiting) hear(waiting.message)
  port.on("message", hear)
  leadership?.lookWith(() => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      hear(next.message)
    }
  })
  try {
    if (waiting) throw job.signal.reason
    const { work, leaderWork } = handlers
    const result = await (leadership ? leaderWork?.(job, leadership) : work?.(job))
    return { payload: alone(payloadOf(result, "answer")) }
  } catch (error) {
    const { status, reason } = failureOf(error)
    return { failure: { status, reason } }
  } finally {
    port.close()
  }
}

/** In memory of its own: a message takes along all the memory in which its bytes stand. */
function alone(payload: Uint8Array): Uint8Array {
  return new Uint8Array(payload)
}

/** A reign of the worker's, seen from a thread. */
class ThreadLeadership implements Leadership {
  readonly #port: MessagePort
  readonly #hold: SharedHold
  readonly #ended = new AbortController()
  readonly signal = computedSignal(this.#ended, () => this.#look())
  #hearWaiting: () => void = () => {}
  readonly #published: ((word: PublishAnswer) => void)[] = []

  constructor(
    port: MessagePort,
    readonly term: number,
    hold: SharedHold,
  ) {
    this.#port = port
    this.#hold = hold
  }

  isLeading(): boolean {
    return this.#hold.isLeading()
  }

  remainingMs(): number {
    return this.#hold.remainingMs()
  }

  async publish(subject: string, payload?: unknown): Promise<Published> {
    const id = this.#published.length
    const bytes = alone(payloadOf(payload, "payload"))
    const word: FromThread = { type: "publish", id, subject, payload: bytes }
    this.#port.postMessage(word)
    const answer = await new Promise<PublishAnswer>((resolve) => {
      this.#published[id] = resolve
    })
    if (answer.type === "published") return answer.published
    throw errorOf(answer.reason)
  }

  /** How to hear what the worker said already, for a handler that computes without a pause. */
  lookWith(hearWaiting: () => void): void {
    this.#hearWaiting = hearWaiting
  }

  #look(): void {
    if (this.#hold.isLeading()) return
    this.#hearWaiting()
    // Nothing was said: worker and thread stood still together, or the worker alone.
    this.end(new ReignEnded("lease over", this.term))
  }

  end(reason: ReignEnded): void {
    this.#ended.abort(reason)
  }

  heard(word: PublishAnswer): void {
    this.#published[word.id]?.(word)
  }
}
