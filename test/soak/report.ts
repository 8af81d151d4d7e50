/** What a soak says in the end: what was done to the pool, what came of it, and which invariants hold. */
import type { Line } from "../faults/history.js"
import type { Reign, Verdict } from "../faults/judge.js"

/** The invariants, by the words that a breach of each begins with; see judge.ts. */
export const INVARIANTS = [
  "two leaders",
  "terms",
  "claims",
  "writes",
  "signal",
  "one answer",
  "no silence",
  "no spin",
] as const

/** Upper ends of the classes of gaps without a leader, in ms. */
const CLASSES = [5, 10, 20, 50, 100, 300, 1_000, 3_000, 10_000, 30_000, Number.POSITIVE_INFINITY]
const BAR = 40

export interface Soaked {
  readonly lines: readonly Line[]
  readonly verdict: Verdict
  /** What was done, in order. */
  readonly harms: readonly string[]
  readonly minutes: number
}

export function reportOf({ lines, verdict, harms, minutes }: Soaked): string {
  const { reigns, answered, unknown, breaches } = verdict
  return [
    `${minutes.toFixed(1)} minutes, ${harms.length} faults`,
    ...counted(harms).map(([harm, count]) => `  ${count.toString().padStart(4)} ${harm}`),
    "",
    `${reigns.length} reigns`,
    "how long nobody led between them:",
    ...histogram(gapsBetween(reigns)),
    "",
    `${answered + unknown} tracked requests: ${answered} answered, ${unknown} in doubt`,
    ...counted(failuresIn(lines)).map(([code, n]) => `  ${n.toString().padStart(4)} ${code}`),
    "",
    ...invariants(breaches),
    ...breaches.slice(0, 20).map((breach) => `  ${breach}`),
  ].join("\n")
}

/** From the last act of each reign to the first of the next, in ms; 0 where its requests hide it. */
export function gapsBetween(reigns: readonly Reign[]): number[] {
  return reigns.slice(1).map(({ firstMs }, n) => Math.max(0, firstMs - (reigns[n]?.lastMs ?? 0)))
}

export function histogram(gapsMs: readonly number[]): string[] {
  const counts = CLASSES.map(() => 0)
  for (const ms of gapsMs) {
    const n = CLASSES.findIndex((most) => ms < most)
    counts[n] = (counts[n] ?? 0) + 1
  }
  const most = Math.max(1, ...counts)
  return counts.flatMap((count, n) => {
    if (count === 0) return []
    const end = CLASSES[n] as number
    const label = end === Number.POSITIVE_INFINITY ? "longer" : `under ${end} ms`
    const bar = "#".repeat(Math.max(1, Math.round((count / most) * BAR)))
    return [`${label.padStart(16)} ${count.toString().padStart(4)} ${bar}`]
  })
}

function failuresIn(lines: readonly Line[]): string[] {
  return lines.flatMap((line) => (line.what === "failed" ? [line.code] : []))
}

function invariants(breaches: readonly string[]): string[] {
  return INVARIANTS.map((name) => {
    const count = breaches.filter((breach) => breach.startsWith(`${name}:`)).length
    return `${count === 0 ? "holds " : "BROKEN"} ${name}${count === 0 ? "" : ` (${count})`}`
  })
}

function counted(words: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)
}
