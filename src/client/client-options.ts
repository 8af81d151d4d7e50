/** How a client is made, and how it is asked: the options, what each may be, and the question that they come to. */
import type { MsgHdrs } from "nats"
import { aClock } from "../backend/local-pools.js"
import type { Bus } from "../contracts/bus.js"
import { headersOf } from "../encoding/headers.js"
import {
  callable,
  checkKind,
  having,
  headersLike,
  type KindsOf,
  kind,
  number,
  numberFrom,
  text,
  waitMs,
  wholeFrom,
  yesOrNo,
} from "../options/known-options.js"
import type { Clock } from "../time/clock.js"
import type { Question } from "./request-attempts.js"

/** How long a request may take, waiting for a worker or a leader included, where nothing else is said, in ms. */
const DEFAULT_TIMEOUT_MS = 2000

/** A client over a connection that is open already, and stays open when the client is closed. */
export interface ClientOptions {
  /** Where it asks: a connection of the package `nats` will do. */
  readonly bus: Bus
  /** The pool. Default `work`. */
  readonly pool?: string | undefined
  /** The server's max_payload in bytes: `connection.info.max_payload`. */
  readonly maxPayload?: number | undefined
  /** Default: the clock of this machine. */
  readonly clock?: Clock | undefined
  /** From 0 to 1; spreads attempts. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

export const CLIENT_OPTIONS = {
  bus: having("a connection", "publish", "subscribe", "request", "flush"),
  pool: text,
  maxPayload: numberFrom(1),
  clock: aClock,
  random: callable,
} satisfies KindsOf<ClientOptions>

/** How to ask. */
export interface AskOptions {
  /** How long it may take, waiting for a worker or a leader included, in ms. Default 2000. */
  readonly timeoutMs?: number | undefined
  /** Headers of the request: texts by name, or an object with headers of NATS or of the web. Copied at once. */
  readonly headers?: Readonly<Record<string, string>> | MsgHdrs | Headers | undefined
  /** It may be done twice: repeat it where it is not known whether it was done. Default false. */
  readonly idempotent?: boolean | undefined
  /** Gives the request up; it may or may not have been done. */
  readonly signal?: AbortSignal | undefined
  /**
   * Wait until somebody joins when the pool has no members at all. Default true. With false that is a
   * NoWorkers at once; members that are full, or that have no leader yet, are waited for all the same.
   */
  readonly waitForWorkers?: boolean | undefined
}

export const ASK_OPTIONS = {
  timeoutMs: number,
  headers: headersLike,
  idempotent: yesOrNo,
  signal: having("an AbortSignal", "addEventListener"),
  waitForWorkers: yesOrNo,
} satisfies KindsOf<AskOptions>

export const NO_OPTIONS: AskOptions = {}

/** How many requests of a `map` are under way at most, where nothing else is said. */
export const DEFAULT_MAP_CONCURRENCY = 100

/** How to ask for many. `timeoutMs`, `headers`, `idempotent` and `waitForWorkers` are those of each request. */
export interface MapOptions extends AskOptions {
  /** How many requests may be under way. Default 100. */
  readonly concurrency?: number | undefined
  /** Ask the leader, as `leaderWork` does. Default false. */
  readonly leader?: boolean | undefined
  /** Ends it, and gives up what is under way, which may or may not have been done. */
  readonly signal?: AbortSignal | undefined
}

export const MAP_OPTIONS = {
  ...ASK_OPTIONS,
  concurrency: wholeFrom(1),
  leader: yesOrNo,
} satisfies KindsOf<MapOptions>

export const PAYLOADS = kind(
  "what can be iterated: a list of payloads, a generator, a stream",
  (value) =>
    typeof value === "object" &&
    value !== null &&
    !ArrayBuffer.isView(value) &&
    (Symbol.asyncIterator in value || Symbol.iterator in value),
)

/** Throws BadInput for a timeout that no timer can hold, and for headers that can't be sent. */
export function questionOf(payload: Uint8Array, options: AskOptions, toLeader: boolean): Question {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  checkKind("timeout", timeoutMs, waitMs)
  return {
    payload,
    headers: options.headers && headersOf(options.headers),
    toLeader,
    timeoutMs,
    isIdempotent: options.idempotent ?? false,
    waitsForWorkers: options.waitForWorkers ?? true,
    signal: options.signal,
  }
}
