/**
 * Up to which tick all is decided, as it lies in the stream of jobs beside what was enqueued for it: who fires the next one
 * must have seen this one. The last few are kept, which is what is known of earlier ticks.
 */
import { objectIn, toBytes } from "../encoding/json.js"
import { isTime } from "../jobs/contract/job-limits.js"
import type { StoredMessage } from "../jobs/contract/job-record.js"
import type { JobStore } from "../jobs/contract/job-store.js"

/** More than this lie under one subject only where they could not be removed. */
export const MOST_CURSORS = 1_000

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

/** The cursor in a message; undefined if there is none in it: anybody may have written it. */
export function cursorIn({ data, seq }: StoredMessage): StoredCursor | undefined {
  try {
    const { atMs, spec, job, by, term, firedMs } = objectIn(data)
    if (!isTime(atMs) || typeof spec !== "string") return undefined
    return {
      ...{ seq, atMs, spec, by: String(by) },
      ...{ term: Number(term) || 0, firedMs: isTime(firedMs) ? firedMs : 0 },
      ...(typeof job === "string" && { job }),
    }
  } catch {
    return undefined
  }
}

/** The last cursor under `subject`, though somebody wrote over it what is none; and the place of the last message there, or 0. */
export async function lastCursor(
  store: Pick<JobStore, "last" | "list">,
  subject: string,
): Promise<{ readonly seq: number; readonly last: StoredCursor | undefined }> {
  const newest = await store.last("jobs", subject)
  if (!newest) return { seq: 0, last: undefined }
  const { seq } = newest
  const known = cursorIn(newest)
  if (known) return { seq, last: known }
  const all = await store.list("jobs", subject, MOST_CURSORS)
  return { seq, last: all.map(cursorIn).findLast((cursor) => cursor !== undefined) }
}

/** The id of the job of one tick. */
export function jobIdOf(name: string, tickMs: number): string {
  return `${name}-${tickMs}`
}
