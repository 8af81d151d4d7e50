/**
 * Up to which tick all is decided, as it lies in the stream of jobs beside what was enqueued for it: who fires the next one
 * must have seen this one. The last few are kept, which is what is known of earlier ticks.
 */
import { objectIn, toBytes } from "../encoding/json.js"
import { isTime } from "../jobs/contract/job-limits.js"
import type { StoredMessage } from "../jobs/contract/job-record.js"

/** What became of one tick. */
export interface Cursor {
  /** The tick, in ms since 1970; where nothing was fired yet, when it was first watched for. */
  readonly atMs: number
  /** Expression and zone whose tick it is. */
  readonly spec: string
  /** The job that was enqueued for it; none where it was first watched for. */
  readonly job?: string | undefined
  /** Who fired it, in which term, and when by the server's clock. */
  readonly by: string
  readonly term: number
  readonly firedMs: number
}

export interface StoredCursor extends Cursor {
  /** Its place in the stream. */
  readonly seq: number
}

/** What ticks depend on: if it is another, what was decided before says nothing. */
export function specOf({ at, tz }: { readonly at: string; readonly tz: string }): string {
  return `${at.trim().replace(/\s+/g, " ")} ${tz}`
}

export function encodeCursor(cursor: Cursor): Uint8Array {
  return toBytes(cursor)
}

/** The cursor in a message; one that can't be read decides nothing. */
export function cursorIn({ data, seq }: StoredMessage): StoredCursor {
  try {
    const { atMs, spec, job, by, term, firedMs } = objectIn(data)
    return {
      ...{ seq, atMs: isTime(atMs) ? atMs : 0, spec: String(spec), by: String(by) },
      ...{ term: Number(term) || 0, firedMs: isTime(firedMs) ? firedMs : 0 },
      ...(typeof job === "string" && { job }),
    }
  } catch {
    return { seq, atMs: 0, spec: "", by: "", term: 0, firedMs: 0 }
  }
}

/** The id of the job of one tick. */
export function jobIdOf(name: string, tickMs: number): string {
  return `${name}-${tickMs}`
}
