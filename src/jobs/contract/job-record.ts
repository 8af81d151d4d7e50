/**
 * What is known of one job, and how it is written: by its subject, and by headers that are left out where they say nothing
 * new, so that a bare message is a job as well.
 */
import { headers, type MsgHdrs } from "nats"
import { HIGHEST_PRIORITY, isId, type JobSubject, jobSubjectIn } from "./job-names.js"

/** Id of the job: `Nats-Msg-Id` does as well, but a delayed job loses that. */
export const ID_HEADER = "Pool-Job-Id"
/** How often it may fail. */
export const ATTEMPTS_HEADER = "Pool-Job-Attempts"
/** The first pause after a failure, in ms. */
export const BACKOFF_HEADER = "Pool-Job-Backoff"
/** How often it has failed; and how often its worker died or froze, before it was stored as it is. */
export const FAILURES_HEADER = "Pool-Job-Failures"
export const CRASHES_HEADER = "Pool-Job-Crashes"
/** When it was first stored, in ms since 1970; the stored message says so as long as it has not failed. */
export const SINCE_HEADER = "Pool-Job-Since"
/** Where no schedule holds it: not to be done before, in ms since 1970. */
export const NOT_BEFORE_HEADER = "Pool-Job-Not-Before"
/** For how long its result is kept, in ms. */
export const KEEP_HEADER = "Pool-Job-Keep-Result"
/** Of a dead one: why, the worker that had it last, and when it died, in ms since 1970. */
export const REASON_HEADER = "Pool-Job-Reason"
export const WORKER_HEADER = "Pool-Job-Worker"
export const DIED_HEADER = "Pool-Job-Died"

/** How often a job may fail, where nothing else is said. */
export const DEFAULT_ATTEMPTS = 5
/** So often its worker may die or freeze. */
export const MOST_CRASHES = 3
export const DEFAULT_BACKOFF_MS = 1_000
const LONGEST_REASON = 500

/** Headers that are of one stored message, not of the job. */
const OF_THE_MESSAGE = /^(nats-|pool-job-)/i

export interface JobRecord {
  readonly queue: string
  readonly priority: number
  readonly id: string
  /** How often it may fail. */
  readonly attempts: number
  readonly backoffMs: number
  readonly failures: number
  readonly crashes: number
  /** When it was first stored, in ms since 1970. */
  readonly sinceMs: number
  readonly notBeforeMs?: number | undefined
  readonly keepResultMs?: number | undefined
}

/** A message of a stream. */
export interface StoredMessage {
  readonly subject: string
  readonly headers: MsgHdrs | undefined
  readonly data: Uint8Array
  /** Its place in the stream. */
  readonly seq: number
  /** When it was stored, in ms since 1970. */
  readonly storedMs: number
}

/** The job in `message`; undefined if it is none. */
export function recordOf(message: StoredMessage): JobRecord | undefined {
  const at = jobSubjectIn(message.subject)
  return at && recordAt(at, message)
}

function recordAt({ queue, priority }: JobSubject, message: StoredMessage): JobRecord {
  const { headers: hdrs, seq, storedMs } = message
  // Each look into the headers of the client library goes through all of them: what most jobs have is one.
  const given = new Map(hdrs && Array.from(hdrs, ([name, [value]]) => [name, value] as const))
  const number = (name: string) => {
    const value = Number(given.get(name) || Number.NaN)
    return Number.isFinite(value) && value >= 0 ? value : undefined
  }
  return {
    queue,
    priority: Math.min(priority, HIGHEST_PRIORITY),
    id:
      [given.get(ID_HEADER), given.get("Nats-Msg-Id")].find((id) => id && isId(id)) ?? `seq-${seq}`,
    attempts: Math.max(1, number(ATTEMPTS_HEADER) ?? DEFAULT_ATTEMPTS),
    backoffMs: number(BACKOFF_HEADER) ?? DEFAULT_BACKOFF_MS,
    failures: number(FAILURES_HEADER) ?? 0,
    crashes: number(CRASHES_HEADER) ?? 0,
    sinceMs: number(SINCE_HEADER) ?? storedMs,
    notBeforeMs: number(NOT_BEFORE_HEADER),
    keepResultMs: number(KEEP_HEADER),
  }
}

/** The headers of `record` for a new message: with them goes what its sender wrote, which was in `from`. */
export function headersFor(record: JobRecord, from: MsgHdrs | undefined): MsgHdrs {
  const hdrs = headers()
  for (const [name, values] of from ?? []) {
    if (OF_THE_MESSAGE.test(name)) continue
    for (const value of values) hdrs.append(name, value)
  }
  const { attempts, backoffMs, failures, crashes, notBeforeMs, keepResultMs } = record
  hdrs.set(ID_HEADER, record.id)
  hdrs.set(SINCE_HEADER, String(record.sinceMs))
  const set = (name: string, value: number | undefined, usual?: number) => {
    if (value !== undefined && value !== usual) hdrs.set(name, String(value))
  }
  set(ATTEMPTS_HEADER, attempts, DEFAULT_ATTEMPTS)
  set(BACKOFF_HEADER, backoffMs, DEFAULT_BACKOFF_MS)
  set(FAILURES_HEADER, failures, 0)
  set(CRASHES_HEADER, crashes, 0)
  set(NOT_BEFORE_HEADER, notBeforeMs)
  set(KEEP_HEADER, keepResultMs)
  return hdrs
}

/** The same, for one that is dead. */
export function headersOfDead(
  record: JobRecord,
  from: MsgHdrs | undefined,
  death: { readonly reason: string; readonly worker: string; readonly diedMs: number },
): MsgHdrs {
  const hdrs = headersFor({ ...record, notBeforeMs: undefined }, from)
  hdrs.set(REASON_HEADER, death.reason.slice(0, LONGEST_REASON))
  hdrs.set(WORKER_HEADER, death.worker)
  hdrs.set(DIED_HEADER, String(death.diedMs))
  return hdrs
}
