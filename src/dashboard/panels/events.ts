/** What happened, newest first. */
import { ended, middle, timeOfDay } from "../drawing/format.js"
import { framed } from "../drawing/frame.js"
import type { Glyphs } from "../drawing/glyphs.js"
import { type Line, line, type Style, span } from "../drawing/line.js"
import type { Snapshot } from "../state/snapshot.js"
import type { LogKind } from "../world/log.js"

const LONGEST_NAME = 16

export function eventsPanel(
  snapshot: Snapshot,
  width: number,
  height: number,
  glyphs: Glyphs,
): Line[] {
  const lines = eventLines(snapshot, width - 2, height - 2, glyphs)
  const shown = lines.length > 0 ? lines : [line(" Nothing happened yet.", "dim")]
  return framed({ title: "Events", width, height }, shown, glyphs)
}

/** The last `rows` events, newest first, in lines of `width`. */
export function eventLines(
  { pool }: Snapshot,
  width: number,
  rows: number,
  glyphs: Glyphs,
): Line[] {
  if (rows <= 0) return []
  const entries = pool.log.entries.slice(-rows).reverse()
  const longest = Math.max(1, ...entries.map(({ name }) => name.length))
  const names = Math.min(longest, LONGEST_NAME)
  const gap = width < 50 ? " " : "  "
  const room = width - 9 - names - 2 * gap.length
  return entries.map((entry) => {
    const name = middle(entry.name, names, glyphs.cut).padEnd(names)
    const words = span(ended(entry.text, room, glyphs.cut), STYLE[entry.kind] ?? "plain")
    return [span(` ${timeOfDay(entry.wallMs)}${gap}`, "dim"), span(`${name}${gap}`), words]
  })
}

const STYLE: Partial<Record<LogKind, Style>> = {
  leads: "bold",
  silent: "late",
  "claim-lost": "late",
  disconnected: "late",
  undecodable: "late",
}
