/**
 * The writes of the claim, from call to return. They are compare-and-sets on one register whose value is its revision: so
 * they are linearizable if each revision follows from one write alone, and what was written before another write was called
 * has the lower one.
 */
import { LEASES_PER_ENTRY } from "../../src/lease/timings.js"
import type { Line } from "./history.js"

type Of<W extends Line["what"]> = Extract<Line, { what: W }>

/** One write. Without `wrote` it never returned: its process died, or the history ends before. */
export interface ClaimWrite {
  readonly writing: Of<"writing">
  readonly wrote: Of<"wrote"> | undefined
}

/** In the order in which they were called. */
export function claimWritesIn(lines: readonly Line[]): ClaimWrite[] {
  const ends = new Map(
    lines.flatMap((line) => (line.what === "wrote" ? [[line.write, line] as const] : [])),
  )
  return lines.flatMap((line) =>
    line.what === "writing" ? [{ writing: line, wrote: ends.get(line.write) }] : [],
  )
}

/** What is wrong with them, in words. A bucket that was wiped begins anew, and is not judged. */
export function writesOutOfOrder(lines: readonly Line[]): string[] {
  if (lines.some(({ what }) => what === "wiped")) return []
  const done = claimWritesIn(lines)
    .flatMap(({ writing, wrote }) =>
      wrote?.revision === undefined
        ? []
        : [{ ...writing, calledMs: writing.at, returnedMs: wrote.at, revision: wrote.revision }],
    )
    .sort((a, b) => a.revision - b.revision)
  const breaches: string[] = []
  const isEmptied = lines.some(({ what }) => what === "emptied")
  const overs = new Map<number, string>()
  /** The latest call among the writes with lower revisions. */
  let latestCallMs = Number.NEGATIVE_INFINITY
  for (const { by, kind, over, revision, lease, calledMs, returnedMs } of done) {
    const named = `${kind} of ${by} at revision ${revision}`
    const other = overs.get(over)
    // What was not written for so long has expired, and nothing is left to write over.
    const isGone = isEmptied || returnedMs >= latestCallMs + lease * LEASES_PER_ENTRY
    if (other && !(over === 0 && isGone))
      breaches.push(`writes: ${named} and ${other} are both over ${over}`)
    overs.set(over, named)
    if (revision <= over) breaches.push(`writes: ${named} is not above ${over}`)
    if (returnedMs < latestCallMs) {
      breaches.push(`writes: ${named} had returned before one of a lower revision was called`)
    }
    latestCallMs = Math.max(latestCallMs, calledMs)
  }
  return breaches
}
