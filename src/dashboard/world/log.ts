/** What happened, in plain words: a ring of the last events, the same for the screen and the plain mode. */
import type { Instant } from "../../time/clock.js"

/** What kind of event a line tells; stable, for programs that read the JSON. */
export type LogKind =
  | "joined"
  | "state"
  | "left"
  | "leads"
  | "released"
  | "claim-lost"
  | "silent"
  | "heard"
  | "disconnected"
  | "connected"
  | "undecodable"
  /** Of a server of the cluster, whose name is then the name. */
  | "server"

export interface LogEntry {
  /** Counts all events, from 1. */
  readonly number: number
  readonly wallMs: number
  readonly kind: LogKind
  /** Whom it is about; "" when it is about the pool. */
  readonly name: string
  readonly text: string
  readonly id?: string
  /** The figures in the text, for programs. */
  readonly figures?: Readonly<Record<string, string | number>>
}

export interface Log {
  /** Oldest first; at most KEPT. */
  readonly entries: readonly LogEntry[]
  /** How many there ever were. */
  readonly total: number
}

export const NO_LOG: Log = { entries: [], total: 0 }

const KEPT = 200

/** A line still without its number and time. */
export type Note = Omit<LogEntry, "number" | "wallMs"> & { readonly wallMs?: number }

/** `log` with one more line. */
export function noted(log: Log, note: Note, at: Instant): Log {
  const number = log.total + 1
  const entry = { wallMs: at.wallMs, ...note, number }
  return { entries: [...log.entries, entry].slice(-KEPT), total: number }
}

/** `log` in the order of time: what was there before us is told in the order of seniority. */
export function inOrder({ entries, total }: Log): Log {
  const sorted = [...entries].sort((a, b) => a.wallMs - b.wallMs)
  const first = total - entries.length + 1
  return { entries: sorted.map((entry, index) => ({ ...entry, number: first + index })), total }
}

/** What came after the line `number`, as far as it was kept. */
export function since(log: Log, number: number): readonly LogEntry[] {
  return log.entries.filter((entry) => entry.number > number)
}
