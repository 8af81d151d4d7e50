/**
 * What a worker and its threads say to each other; plain data. How long a reign holds is shared memory and no word,
 * so that a handler that computes without a pause can still ask whether it leads.
 */
import type { MessagePort } from "node:worker_threads"
import { reasonOf, textOf } from "../errors/thrown.js"
import type { EndReason, Published } from "../lease/leadership.js"
import { remainingMs } from "../lease/lease.js"
import type { MemberLabel } from "../protocol/member.js"

/** What a thread is given when it begins. */
export interface ThreadData {
  /** The URL of the user's module. */
  readonly file: string
  /** See ThreadStarts. */
  readonly gate: SharedArrayBuffer
}

/** One request for a thread: tracked work if it comes with a reign, else simple work. */
export interface ThreadTask {
  readonly data: Uint8Array
  readonly subject: string
  readonly headers: readonly (readonly [string, readonly string[]])[] | undefined
  readonly member: MemberLabel
  readonly reign: { readonly term: number; readonly hold: SharedArrayBuffer } | undefined
  readonly port: MessagePort
}

/** The answer, or what the handler threw. */
export type ThreadResult =
  | { readonly payload: Uint8Array }
  | { readonly failure: { readonly status: number; readonly reason: string } }

/** What came of a word from the thread. */
export type PublishAnswer =
  | { readonly type: "published"; readonly id: number; readonly published: Published }
  | { readonly type: "not published"; readonly id: number; readonly reason: Thrown }

/** To the thread, while it has the request. */
export type ToThread =
  | PublishAnswer
  /** The job's signal fires; the reign's too if it is its end. */
  | { readonly type: "abort"; readonly reason: Thrown; readonly reignEnded?: EndReason }

/** From the thread, while it has the request. */
export interface FromThread {
  readonly type: "publish"
  readonly id: number
  readonly subject: string
  readonly payload: Uint8Array
}

/** An error as it goes from thread to thread: what tells it apart, but not its class. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly code?: string
}

/** `error` without what can't be sent. */
export function thrownOf(error: unknown): Thrown {
  const code = textOf(error, "code")
  return {
    name: textOf(error, "name") ?? "Error",
    message: reasonOf(error),
    ...(code !== undefined && { code }),
  }
}

/** An Error again, recognised by its `name` and `code`. */
export function errorOf({ message, ...rest }: Thrown): Error {
  return Object.assign(new Error(message), rest)
}

/** How a reign stands, as its worker last knew: written there, read in threads. */
export class SharedHold {
  /** Until when it holds, by both clocks in ms, and whether it takes work (1 or 0). */
  readonly #numbers: BigInt64Array

  constructor(readonly memory = new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.#numbers = new BigInt64Array(memory)
  }

  /** It holds for `ms` from now if nothing more is said. */
  set(ms: number, isLeading: boolean): void {
    const { monoMs, wallMs } = now()
    const numbers = [monoMs + ms, wallMs + ms, isLeading ? 1 : 0]
    for (const [n, number] of numbers.entries()) {
      Atomics.store(this.#numbers, n, BigInt(Math.floor(number)))
    }
  }

  isLeading(): boolean {
    return this.#read(2) === 1 && this.remainingMs() > 0
  }

  remainingMs(): number {
    return remainingMs({ monoMs: this.#read(0), wallMs: this.#read(1) }, now())
  }

  /** Atomically: what a plain loop reads, the compiler may read once and for all. */
  #read(n: number): number {
    return Number(Atomics.load(this.#numbers, n))
  }
}

/** Not `performance.now()`, which begins anew in each thread. */
function now() {
  return { monoMs: Number(process.hrtime.bigint()) / 1e6, wallMs: Date.now() }
}
