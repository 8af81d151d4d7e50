/**
 * Where jobs lie: two streams of messages, one of which hands out what is ready and takes it back if it is not settled in
 * time. `jetstream-jobs.ts` has it on a server, `memory-jobs.ts` inside one process. What jobs mean is decided above it.
 */
import type { MsgHdrs } from "nats"
import type { Instant } from "../../time/clock.js"
import type { StoredMessage } from "./job-record.js"
import type { Settlement } from "./settlement.js"

export type JobStream = "jobs" | "dead"

/** What the server can do; without it something else is done in its place, see docs/jobs.md. */
export interface JobAbilities {
  /** Messages that are stored when they are due. Without: workers give back what comes too early. */
  readonly hasSchedules: boolean
  /** A key is looked for wherever its job may lie. Without: only where jobs of its priority are ready or run. */
  readonly isUniqueEverywhere: boolean
  /** Messages that vanish by themselves. Without: no result is kept. */
  readonly hasTtl: boolean
  /** A queue can be paused. */
  readonly canPause: boolean
  /** Two messages are stored together, or neither is. Without: one after the other. */
  readonly hasBatches: boolean
  /** It lies on several servers: what is sent while another begins to lead is lost, so what is done has to be confirmed. */
  readonly isReplicated: boolean
}

export interface ToStore {
  readonly stream: JobStream
  readonly subject: string
  readonly data: Uint8Array
  readonly headers: MsgHdrs
  /** A second message with the same within two minutes is not stored. */
  readonly id?: string
  /** Not to be stored if anything lies under a subject that this matches; then AlreadyThere is thrown. */
  readonly unlessAt?: string
  /** To be stored only if the last message under `subject` is at this place, 0 if there is none; else AlreadyThere is thrown. */
  readonly lastAt?: number
  /** To be stored under `subject` at this time, in ms since 1970; until then it lies under `until`. */
  readonly due?: { readonly atMs: number; readonly until: string }
  /** Vanishes after so many ms. */
  readonly ttlMs?: number
  readonly timeoutMs?: number
}

/** The first of two, which says what it is to be stored over. */
export type PairedFirst = ToStore & { readonly lastAt: number }

/** Something lies there already; nothing was stored. */
export class AlreadyThere extends Error {
  override readonly name = "AlreadyThere"
}

/** A job in a worker's hands. */
export interface Delivery extends StoredMessage {
  /** Whoever has it can settle the delivery. */
  readonly ticket: string
  /** How often this message was handed out, this time included. */
  readonly deliveries: number
  /** How many more of its queue and priority were ready then, as far as that is known; else 0. */
  readonly pending: number
  /** It was handed out after this instant: a process that was frozen may read it much later. */
  readonly after: Instant
}

export interface SourceOptions {
  readonly queue: string
  readonly priority: number
  /** How long a job is its worker's without a renewal, in ms. Default: the store's own. */
  readonly leaseMs?: number | undefined
  /** How many may run at once in the whole pool; as it was if it is not given. */
  readonly limit?: number | undefined
  readonly heard: (delivery: Delivery) => void
  /** Told what goes wrong, and (with undefined) that it works again. */
  readonly told: (trouble: unknown) => void
}

/** Where one worker gets the jobs of one queue and priority from. */
export interface JobSource {
  /** How long a job is its worker's without a renewal, in ms. */
  readonly leaseMs: number
  /** How many it was asked for that have not come. */
  readonly asked: number
  /** So many more jobs are wanted, those that were asked for and have not come included. */
  want(count: number): void
  /** Asks for those that are ready now, at most so many. Resolves once they have been heard, fewer if there are fewer. */
  look(count: number): Promise<void>
  /** Wants none any more, those that were asked for included; what is on its way is heard. */
  release(): void
  /** Asks for no more. Resolves once all that was on its way has been heard. */
  close(): Promise<void>
}

/** How many jobs of one queue there are. */
export interface QueueCounts {
  readonly queue: string
  readonly waiting: number
  readonly running: number
  readonly delayed: number
  readonly dead: number
  /** Attempts that have ended since somebody first served it, whatever came of them. */
  readonly ended: number
  /** Since when the one is ready that has waited longest, in ms since 1970; undefined if none waits. */
  readonly oldestMs?: number | undefined
  /** Lie under a subject of that queue from which no worker takes any: of a priority that there isn't, or without a key. */
  readonly astray?: number | undefined
  /** Whether anybody waits for jobs of it, or runs some. */
  readonly isServed: boolean
  /** In ms since 1970; undefined if it is not. */
  readonly pausedUntilMs?: number | undefined
}

/** In a word, if there is something to say; `unserved`: nobody takes what waits; `astray`: nobody can take some of it. */
export function queueState({
  pausedUntilMs,
  isServed,
  astray = 0,
}: Pick<QueueCounts, "pausedUntilMs" | "isServed" | "astray">):
  | "paused"
  | "unserved"
  | "astray"
  | "" {
  if (pausedUntilMs) return "paused"
  if (!isServed) return "unserved"
  return astray > 0 ? "astray" : ""
}

export interface JobStore {
  readonly abilities: JobAbilities
  /** What one message may hold, in bytes; undefined if that is not known. */
  readonly maxPayload: number | undefined
  /** What its clock says, in ms since 1970, as far as that is known. */
  nowMs(): number
  /** Throws AlreadyThere. All else that it throws leaves open whether it was stored, unless it is a refusal. */
  store(message: ToStore): Promise<{ readonly seq: number }>
  /**
   * Stores both or neither, where the server has batches. Throws AlreadyThere if the first is not to be stored. Resolves with
   * its place.
   */
  storePair(first: PairedFirst, second: ToStore): Promise<{ readonly seq: number }>
  /** Throws what the server says if it can't be. */
  source(options: SourceOptions): Promise<JobSource>
  /** Sent off, and not confirmed. Says whether it could be: not while the connection is away. */
  settle(ticket: string, how: Settlement): boolean
  /** The same for what is done; resolves when the server has noted it, and may be said again until then. */
  confirm(ticket: string): Promise<void>
  /** The delivery is its worker's for one lease more, counted from the call. */
  renew(ticket: string): Promise<void>
  /** The last message under a subject that `subject` matches. */
  last(stream: JobStream, subject: string): Promise<StoredMessage | undefined>
  /** The message at this place, if it is there still. */
  at(stream: JobStream, seq: number): Promise<StoredMessage | undefined>
  /** Says whether it was there. Throws NotRemoved. */
  remove(stream: JobStream, seq: number): Promise<boolean>
  /** Messages under subjects that `subject` matches, in order, at most `limit`. */
  list(stream: JobStream, subject: string, limit: number): Promise<StoredMessage[]>
  /** The last messages, the newest first, at most `limit`. Where many behind them were removed there may be fewer. */
  newest(stream: JobStream, limit: number): Promise<StoredMessage[]>
  /** Where thousands are delayed or dead these figures may be some seconds old. */
  counts(): Promise<QueueCounts[]>
  /** Until this time, in ms since 1970; 0 ends it. Says whether the queue is known. */
  pause(queue: string, untilMs: number): Promise<boolean>
}
