/**
 * What is known of one job, and how it is written: by its subject, and by headers that are left out where they say nothing
 * new, so that a bare message is a job as well.
 */
import { headers, type MsgHdrs } from "nats"
import { oneLine } from "../../errors/thrown.js"
import { LAST_MS, LONGEST_BACKOFF_MS, LONGEST_MS } from "./job-limits.js"
import { HIGHEST_PRIORITY, isId, type JobSubject, jobSubjectIn, keyOfId } from "./job-names.js"

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

/** Whether a header of this name says how a message is stored, or is a job: no program's own. */
export function isReserved(name: string): boolean {
  return OF_THE_MESSAGE.test(name)
}

/** Why something became of a job, as it stands in headers and is told: one line, and not a long one. */
export function reasonLine(text: string): string {
  return oneLine(text, LONGEST_REASON)
}

/** When a dead job died, in ms since 1970, as far as that was written with it. */
export function diedMsIn({ headers: hdrs, storedMs }: StoredMessage): number {
  return numberIn(hdrs?.get(DIED_HEADER), LAST_MS) ?? storedMs
}

/** The job in `message`; undefined if it is none. Anybody may have written it: what makes no sense was not said. */
export function recordOf(message: StoredMessage): JobRecord | undefined {
  const at = jobSubjectIn(message.subject)
  return at && recordAt(at, message)
}

function recordAt({ queue, priority, key }: JobSubject, message: StoredMessage): JobRecord {
  const { headers: hdrs, seq, storedMs } = message
  // Each look into the headers of the client library goes through all of them: what most jobs have is one.
  const given = new Map<string, string | undefined>()
  for (const header of hdrs ?? []) given.set(header[0], header[1][0])
  const number = (name: string, most = Number.MAX_VALUE) => numberIn(given.get(name), most)
  const isOwn = (id: string | undefined) => id !== undefined && isId(id) && keyOfId(id) === key
  return {
    queue,
    priority: Math.min(priority, HIGHEST_PRIORITY),
    // It is looked for under its key, and one under another could not be found.
    id: [given.get(ID_HEADER), given.get("Nats-Msg-Id")].find(isOwn) ?? `seq-${seq}`,
    attempts: Math.max(1, number(ATTEMPTS_HEADER) ?? DEFAULT_ATTEMPTS),
    backoffMs: number(BACKOFF_HEADER, LONGEST_BACKOFF_MS) || DEFAULT_BACKOFF_MS,
    failures: number(FAILURES_HEADER) ?? 0,
    crashes: number(CRASHES_HEADER) ?? 0,
    sinceMs: number(SINCE_HEADER, LAST_MS) ?? storedMs,
    notBeforeMs: number(NOT_BEFORE_HEADER, storedMs + LONGEST_MS),
    keepResultMs: number(KEEP_HEADER, LONGEST_MS),
  }
}

/** The number that `text` is, if it is one from 0 to `most`. */
function numberIn(text: string | undefined, most: number): number | undefined {
  const value = Number(text || Number.NaN)
  return value >= 0 && value <= most ? value : undefined
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
  hdrs.set(REASON_HEADER, reasonLine(death.reason))
  hdrs.set(WORKER_HEADER, death.worker)
  hdrs.set(DIED_HEADER, String(death.diedMs))
  return hdrs
}
