/**
 * Who led, from when to when, why it began and why it ended. Each reign is told by those who know: its leader tells that
 * it began, and what it knows of its predecessor's end; whoever writes a release, because nobody followed, tells that
 * it ended. The story of a pool is put together from these when it is read.
 */
import type { Reign } from "./claim.js"
import { objectIn, toBytes } from "./json.js"

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
  const end = ({ id, term }: Reign, untilMs: number, ended: string) => {
    const at = stories.findLastIndex((story) => story.id === id && story.term === term)
    const story = stories[at]
    if (story && !story.ended) stories[at] = { ...story, until: iso(untilMs), ended }
  }
  for (const { record, storedMs } of records) {
    const { id, name, term } = record
    if (record.type === "ended") {
      end(record, storedMs, record.reason)
      continue
    }
    const { before, why } = record
    if (before) end(before, storedMs - (before.gapMs ?? 0), before.reason)
    const gap = before?.gapMs !== undefined && { gapMs: before.gapMs }
    stories.push({ term, name, id, from: iso(storedMs), began: why, ...gap })
  }
  return stories
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
