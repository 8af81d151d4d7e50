/** What a program may say of a job when it enqueues it; everything has a default. */
import type { MsgHdrs } from "nats"
import { BadInput } from "../errors/errors.js"
import {
  checkOptions,
  headersLike,
  type KindsOf,
  number,
  numberFrom,
  text,
  waitMs,
  wholeFrom,
} from "../options/known-options.js"
import { LONGEST_BACKOFF_MS, LONGEST_MS } from "./contract/job-limits.js"
import { checkedId, checkedPriority } from "./contract/job-names.js"
import { isReserved } from "./contract/job-record.js"

/** How a job is to be done. */
export interface EnqueueOptions {
  /** How often it may fail, from 1. Its worker's death or stop is no failure. Default 5. */
  readonly attempts?: number | undefined
  /** The pause after the first failure, in ms; doubled after each, up to an hour, and a fifth more or less. Default 1000. */
  readonly backoffMs?: number | undefined
  /** 0, 1 or 2: a higher one is taken first, and of ten at least one is a lower one. Default 0. */
  readonly priority?: number | undefined
  /** Not to be done before so many ms have passed, up to a year. Default 0. */
  readonly delayMs?: number | undefined
  /**
   * Any text. As long as a job of this queue that is unique by the same waits, is delayed or runs, no other is stored: what
   * enqueue gives then is that one, with `already`.
   */
  readonly unique?: string | undefined
  /**
   * An id of your own: 1 to 128 letters, digits, `-`, `_` or `=`. It is unique by that, and for two minutes longer: enqueue it
   * again as often as you like. Default: one that is made for it.
   */
  readonly id?: string | undefined
  /** For how long its result is kept, in ms, for who asks later; needs server 2.11. Default: it is not. */
  readonly keepResultMs?: number | undefined
  /**
   * Headers for its handler: texts by name, or an object with headers of NATS or of the web, of another job say. Names that
   * begin with `Nats-` or `Pool-Job-` are the message's own: refused among texts by name, and left out of other headers.
   */
  readonly headers?: Readonly<Record<string, string>> | MsgHdrs | Headers | undefined
  /** How long enqueuing may take, in ms. Default 5000. */
  readonly timeoutMs?: number | undefined
}

const ENQUEUE_OPTIONS = {
  attempts: wholeFrom(1),
  backoffMs: numberFrom(1, LONGEST_BACKOFF_MS),
  priority: number,
  delayMs: numberFrom(0, LONGEST_MS),
  unique: text,
  id: text,
  keepResultMs: numberFrom(1, LONGEST_MS),
  headers: headersLike,
  timeoutMs: waitMs,
} satisfies KindsOf<EnqueueOptions>

/** Throws BadInput for options that it doesn't know, or that can't be used. */
export function checkedEnqueueOptions(options: EnqueueOptions): void {
  checkOptions("a job", options, ENQUEUE_OPTIONS)
  const { id, unique, priority, headers = {} } = options
  // Those of another message may go along, and what is that message's own is left out.
  const reserved = Symbol.iterator in headers ? undefined : Object.keys(headers).find(isReserved)
  if (reserved !== undefined) {
    const expected =
      "names that begin neither with Nats- nor with Pool-Job-, which say how it is stored"
    throw new BadInput("headers", expected, reserved)
  }
  if (priority !== undefined) checkedPriority(priority)
  if (id !== undefined) checkedId(id)
  if (id !== undefined && unique !== undefined) {
    throw new BadInput("unique", "no id of your own beside it, which is unique itself", unique)
  }
}
