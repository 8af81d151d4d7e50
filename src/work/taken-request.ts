/**
 * One request in a member's hands: the Job that its handler sees, and what its keeper (`requests.ts`) needs
 * to answer it once. The signal is made only for handlers that ask for it.
 */
import type { MsgHdrs } from "nats"
import type { BusMessage } from "../contracts/bus.js"
import { BadRequest } from "../errors/work-errors.js"
import { computedSignal } from "../lease/computed-signal.js"
import type { MemberLabel } from "../protocol/member.js"
import type { Seal } from "../protocol/reply.js"
import type { Job } from "./job.js"

const decoder = new TextDecoder()

export class TakenRequest implements Job {
  /** Whether it was answered, or given up. */
  ended = false
  #controller: AbortController | undefined
  #aborted: { readonly reason: unknown } | undefined

  constructor(
    readonly message: BusMessage,
    /** In whose name it will be answered. */
    readonly seal: Seal,
    /** When it was taken, by the monotonic clock. */
    readonly beganMs: number,
  ) {}

  get data(): Uint8Array {
    return this.message.data
  }

  get subject(): string {
    return this.message.subject
  }

  get headers(): MsgHdrs | undefined {
    return this.message.headers
  }

  get member(): MemberLabel {
    return this.seal.member
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#aborted.reason)
      if (this.seal.leadership) computedSignal(this.#controller, () => this.#look())
    }
    return this.#controller.signal
  }

  text(): string {
    return decoder.decode(this.message.data)
  }

  json<T>(): T {
    try {
      return JSON.parse(this.text()) as T
    } catch (error) {
      throw new BadRequest("the payload is not JSON", { cause: error })
    }
  }

  /** A process that was frozen learns only here that its reign is over. */
  #look(): void {
    const { aborted, reason } = this.seal.leadership?.signal ?? {}
    if (aborted) this.abort(reason)
  }

  /** Fires the signal. */
  abort(reason: unknown): void {
    this.#aborted ??= { reason }
    this.#controller?.abort(reason)
  }
}
