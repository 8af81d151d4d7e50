/**
 * Who led, from when to when, why it began and why it ended. Each reign is told by those who know: its leader tells that
 * it began, and what it knows of its predecessor's end; whoever writes a release, because nobody followed, tells that
 * it ended. The story of a pool is put together from these when it is read.
 */
import { objectIn, toBytes } from "../encoding/json.js"
import type { Reign } from "../protocol/claim.js"

/** What is told of a reign when it begins or ends; one message each. */
export type HistoryRecord =
  | {
      readonly type: "began"
      readonly id: string
      readonly name: string
      readonly term: number
      /** Why, in words: "a: handed over". */
      readonly why: string
      /** The reign before it, as far as its successor knows. */
      readonly before?: Reign & {
        readonly name: string
        /** Why it ended. */
        readonly reason: string
        /** From its word, or without one from its last renewal heard, to the first acknowledged claim, in ms. */
        readonly gapMs?: number
      }
    }
  | {
      readonly type: "ended"
      readonly id: string
      readonly name: string
      readonly term: number
      readonly reason: string
    }

/** A record, and when the server stored it, in ms since 1970. */
export interface StoredRecord {
  readonly record: HistoryRecord
  readonly storedMs: number
}

/** One reign, as it was. */
export interface ReignStory {
  readonly term: number
  readonly name: string
  readonly id: string
  /** ISO time, on the server's clock. */
  readonly from: string
  /** ISO time; undefined while it lasts, or if nobody told. */
  readonly until?: string
  readonly began: string
  readonly ended?: string
  /** How long nobody had led before it, in ms; undefined if that is not known. */
  readonly gapMs?: number
}

export function encodeRecord(record: HistoryRecord): Uint8Array {
  return toBytes(record)
}

/** The record in a message; undefined if it is none that this version can read. */
export function decodeRecord(value: Uint8Array): HistoryRecord | undefined {
  try {
    const raw = objectIn(value)
    const isRecord =
      (raw.type === "began" || raw.type === "ended") &&
      typeof raw.id === "string" &&
      typeof raw.name === "string" &&
      typeof raw.term === "number"
    return isRecord ? (raw as unknown as HistoryRecord) : undefined
  } catch {
    return undefined
  }
}

/** The reigns that `records`, in the order in which they were stored, tell of; the earliest first. */
export function storiesOf(records: readonly StoredRecord[]): ReignStory[] {
  const stories: ReignStory[] = []
  /** How reigns ended of which nobody has told that they began: who froze in its first instant tells when it wakes. */
  const ends = new Map<string, { readonly untilMs: number; readonly ended: string }>()
  const end = ({ id, term }: Reign, untilMs: number, ended: string) => {
    const at = stories.findLastIndex((story) => story.id === id && story.term === term)
    const story = stories[at]
    if (!story) ends.set(`${id} ${term}`, { untilMs, ended })
    else if (!story.ended) stories[at] = { ...story, until: iso(untilMs), ended }
  }
  for (const { record, storedMs } of records) {
    const { id, name, term } = record
    if (record.type === "ended") {
      end(record, storedMs, record.reason)
      continue
    }
    const { before, why } = record
    const over = ends.get(`${id} ${term}`)
    ends.delete(`${id} ${term}`)
    const fromMs = over?.untilMs ?? storedMs
    const from = iso(fromMs)
    if (before) end(before, fromMs - (before.gapMs ?? 0), before.reason)
    const gap = before?.gapMs !== undefined && { gapMs: before.gapMs }
    const story = { term, name, id, from, began: why, ...gap }
    if (over) {
      const place = stories.findLastIndex((earlier) => earlier.from < from) + 1
      stories.splice(place, 0, { ...story, until: from, ended: over.ended })
    } else stories.push(story)
  }
  return stories
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
