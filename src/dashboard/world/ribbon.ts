/** The ribbon: who led when, one letter a cell, "." where nobody did, blank where nobody was watching. */
import type { ReignSeen, Reigns } from "./reigns.js"
import { reigning } from "./reigns.js"

/** How far back it reaches. */
const RIBBON_MS = 300_000

interface Stretch {
  readonly from: number
  readonly until: number
  readonly mark: string
}

/** The last five minutes in `width` cells. Cells stand on round times, so the ribbon moves a whole cell at a time. */
export function ribbon(reigns: Reigns, nowMonoMs: number, width: number): string {
  const cellMs = RIBBON_MS / width
  const end = Math.floor(nowMonoMs / cellMs + 1) * cellMs
  const stretches = stretchesOf(reigns, nowMonoMs, end - RIBBON_MS)
  return Array.from({ length: width }, (_, index) => {
    const from = end - (width - index) * cellMs
    const inCell = stretches.filter((one) => one.from < from + cellMs && one.until > from)
    if (inCell.some(({ mark }) => mark === ".")) return "."
    return inCell.at(-1)?.mark ?? " "
  }).join("")
}

function stretchesOf(reigns: Reigns, now: number, from: number): Stretch[] {
  const { past, current, renewedMonoMs, standing } = reigns
  const isHeld = reigning(reigns, now) !== undefined
  const lapsed = renewedMonoMs + (standing?.claim.lease ?? 0)
  const all = current ? [...past, { ...current, untilMonoMs: isHeld ? now + 1 : lapsed }] : past
  const shown = all.filter(({ untilMonoMs = now }) => untilMonoMs >= from)
  const letters = lettersFor(shown)
  return shown.flatMap((reign, index) => {
    const until = reign.untilMonoMs ?? now
    const next = shown[index + 1]?.fromMonoMs ?? (isHeld ? until : Math.max(until, now))
    const led = { from: reign.fromMonoMs, until: Math.max(until, reign.fromMonoMs + 1), mark: "" }
    const reigned = { ...led, mark: letters.get(reign.name) ?? "?" }
    return next > until ? [reigned, { from: until, until: next, mark: "." }] : [reigned]
  })
}

/** A letter a name: the first one, or the first one in which the names differ. */
function lettersFor(reigns: readonly ReignSeen[]): ReadonlyMap<string, string> {
  const names = [...new Set(reigns.map(({ name }) => name))]
  const longest = Math.max(0, ...names.map((name) => name.length))
  for (let at = 0; at < longest; at++) {
    const letters = new Set(names.map((name) => name[at]))
    if (letters.size === names.length && !letters.has(undefined)) return marked(names, at)
  }
  return marked(names, names.length > 1 ? sharedLength(names) : 0)
}

function marked(names: readonly string[], at: number): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, name[at] ?? name.at(-1) ?? "?"]))
}

/** How many letters all of `names` begin with. */
function sharedLength(names: readonly string[]): number {
  const [first = ""] = names
  let shared = 0
  while (shared < first.length && names.every((name) => name[shared] === first[shared])) shared++
  return shared
}
