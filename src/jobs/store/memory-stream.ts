/** Messages in order, as a stream of JetStream keeps them, inside one process and on its clock. */
import type { MsgHdrs } from "nats"
import { copyHeaders } from "../../encoding/headers.js"
import { isMatch, lastPartOf } from "../../protocol/subject.js"
import type { Cancel, Clock } from "../../time/clock.js"
import { DUPLICATES_MS } from "../contract/job-limits.js"
import type { StoredMessage } from "../contract/job-record.js"
import { AlreadyThere, type ToStore } from "../contract/job-store.js"

export class MemoryStream {
  readonly #clock: Clock
  /** What lies there, by its place in the stream. */
  readonly messages = new Map<number, StoredMessage>()
  /** The same by the last word of their subjects, which is what is looked for most. */
  readonly #byKey = new Map<string, Set<number>>()
  readonly #ids = new Map<string, { readonly seq: number; readonly atMs: number }>()
  /** When those with a time of their own vanish, in ms since 1970. */
  readonly #ends = new Map<number, number>()
  readonly #timers = new Map<number, Cancel>()
  readonly #onStored: (message: StoredMessage) => void
  #last = 0

  /** `onStored` is told of what lies under its own subject now, not of what is delayed. */
  constructor(clock: Clock, onStored: (message: StoredMessage) => void) {
    this.#clock = clock
    this.#onStored = onStored
  }

  store({ subject, data, headers, id, unlessAt, lastAt, due, ttlMs }: ToStore): {
    readonly seq: number
  } {
    const { wallMs } = this.#clock.now()
    if (unlessAt && this.last(unlessAt)) throw new AlreadyThere(unlessAt)
    const under = due?.until ?? subject
    if (lastAt !== undefined && lastAt !== (this.last(under)?.seq ?? 0)) {
      throw new AlreadyThere(under)
    }
    const before = id === undefined ? undefined : this.#ids.get(id)
    if (before && wallMs - before.atMs < DUPLICATES_MS) return before
    const bytes = new Uint8Array(data)
    const hdrs = copyHeaders(headers)
    // What a schedule holds comes without it.
    if (id !== undefined && !due) hdrs.set("Nats-Msg-Id", id)
    // One subject holds one schedule.
    if (due) for (const before of this.matching(under)) this.remove(before.seq)
    const seq = this.#append(under, hdrs, bytes)
    if (id !== undefined) this.#ids.set(id, { seq, atMs: wallMs })
    if (due) {
      const fire = () => this.#fire(seq, subject)
      this.#timers.set(seq, this.#clock.after(Math.max(0, due.atMs - wallMs), fire))
    }
    if (ttlMs) this.#ends.set(seq, wallMs + ttlMs)
    return { seq }
  }

  remove(seq: number): boolean {
    this.#timers.get(seq)?.()
    this.#timers.delete(seq)
    this.#ends.delete(seq)
    const message = this.messages.get(seq)
    if (!message) return false
    const key = lastPartOf(message.subject)
    const same = this.#byKey.get(key)
    same?.delete(seq)
    if (same?.size === 0) this.#byKey.delete(key)
    return this.messages.delete(seq)
  }

  last(pattern: string): StoredMessage | undefined {
    return this.matching(pattern).at(-1)
  }

  matching(pattern: string): StoredMessage[] {
    this.#expire()
    const key = lastPartOf(pattern)
    const all = key === "*" || key === ">" ? this.messages.keys() : (this.#byKey.get(key) ?? [])
    const found = [...all].map((seq) => this.messages.get(seq) as StoredMessage)
    return found.filter(({ subject }) => isMatch(pattern, subject))
  }

  #expire(): void {
    const { wallMs } = this.#clock.now()
    for (const [seq, endMs] of this.#ends) if (endMs <= wallMs) this.remove(seq)
  }

  #append(subject: string, headers: MsgHdrs | undefined, data: Uint8Array): number {
    this.#last += 1
    const message = { subject, headers, data, seq: this.#last, storedMs: this.#clock.now().wallMs }
    this.messages.set(message.seq, message)
    const same = this.#byKey.get(lastPartOf(subject))
    if (same) same.add(message.seq)
    else this.#byKey.set(lastPartOf(subject), new Set([message.seq]))
    this.#onStored(message)
    return message.seq
  }

  #fire(seq: number, subject: string): void {
    const message = this.messages.get(seq)
    if (!message) return
    this.remove(seq)
    this.#append(subject, message.headers, message.data)
  }
}
