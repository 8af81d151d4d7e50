/**
 * A history as operations, each with when it was called and when it returned, for a checker of linearizability elsewhere;
 * see README.md for the form. Times are ms of one clock that all processes share.
 */
import type { Line } from "../faults/history.js"
import { claimWritesIn } from "../faults/writes.js"

/** One line of the file. */
export interface Operation {
  /** The process that called. */
  readonly process: string
  readonly op: "claim" | "renewal" | "release" | "request"
  readonly call: number
  /** Missing where it never returned. */
  readonly return?: number
  /** `unknown`: it may or may not have been done, or never returned. */
  readonly result: "ok" | "refused" | "unknown"
  readonly [more: string]: unknown
}

/** In the order in which they were called. */
export function operationsIn(lines: readonly Line[]): Operation[] {
  return [...writes(lines), ...requests(lines)].sort((a, b) => a.call - b.call)
}

function writes(lines: readonly Line[]): Operation[] {
  return claimWritesIn(lines).map(({ writing, wrote }) => {
    const { who: process, kind: op, at: call, over, by, nonce } = writing
    const result = wrote?.result ?? "unknown"
    const revision = wrote?.revision
    // The first write of a reign has no term yet: its revision is the term.
    const term = writing.term ?? (op === "claim" ? revision : undefined)
    const end = wrote && { return: wrote.at }
    return { process, op, call, ...end, result, over, revision, term, member: by, nonce }
  })
}

function requests(lines: readonly Line[]): Operation[] {
  const ends = new Map<string, Extract<Line, { what: "answered" | "failed" }>>()
  for (const line of lines) {
    if (line.what === "answered" || line.what === "failed") ends.set(line.request, line)
  }
  return lines.flatMap((line) => {
    if (line.what !== "asked") return []
    const { who: process, at: call, request, idempotent } = line
    const end = ends.get(request)
    const base = { process, op: "request", call, request, idempotent } as const
    if (!end) return { ...base, result: "unknown" }
    if (end.what === "failed") return { ...base, return: end.at, result: "unknown", code: end.code }
    return { ...base, return: end.at, result: "ok", term: end.term, member: end.by }
  })
}
