/** Who led when, who leads and why, who is next and why. */
import { ended, remaining } from "../drawing/format.js"
import { framed } from "../drawing/frame.js"
import type { Glyphs } from "../drawing/glyphs.js"
import { type Layout, LEADERSHIP_ROWS } from "../drawing/layout.js"
import { EMPTY, fitted, type Line, line, span, widthOf } from "../drawing/line.js"
import type { Snapshot } from "../state/snapshot.js"
import { claimLeftMs } from "../world/reigns.js"
import { ribbon } from "../world/ribbon.js"
import { history } from "../world/sentences.js"

export function leadershipPanel(
  snapshot: Snapshot,
  { columns: width }: Layout,
  glyphs: Glyphs,
): Line[] {
  const panel = { title: "Leadership", remark: "last 5 min", width, height: LEADERSHIP_ROWS }
  const ribbonLine = [span(" "), ...ribbonSpans(snapshot, width - 8), span(" now", "dim")]
  return framed(panel, [ribbonLine, ...story(snapshot, width - 2, glyphs)], glyphs)
}

/** The ribbon alone, for a screen without frames. */
export function ribbonLine(snapshot: Snapshot, width: number): Line {
  return fitted([span(" "), ...ribbonSpans(snapshot, width - 6), span(" now", "dim")], width)
}

/** Who led before and who leads now; and why. */
export function story(snapshot: Snapshot, width: number, glyphs: Glyphs): Line[] {
  const before = ended(` ${past(snapshot)}`, width, glyphs.cut)
  return [line(before), why(snapshot, width, glyphs.cut)]
}

/** The reign that holds stands out from those that were. */
function ribbonSpans({ pool, shownAt, leader }: Snapshot, width: number): Line {
  const pieces = ribbon(pool.reigns, shownAt.monoMs, width).match(/(.)\1*/g) ?? []
  return pieces.map((piece, index) => {
    if (piece.startsWith(".")) return span(piece, "late")
    return span(piece, leader && index === pieces.length - 1 ? "plain" : "dim")
  })
}

function past({ pool, leader, shownAt }: Snapshot): string {
  const { reigns } = pool
  if (!reigns.current && reigns.past.length === 0) {
    return pool.isCaughtUp ? "No leader: nobody holds a lease." : ""
  }
  return history(reigns, leader !== undefined, shownAt.monoMs)
}

/** The strategy's own words; while a lease runs down, how long it still holds. */
function why({ pool, leader, shownAt, staleMs }: Snapshot, width: number, mark: string): Line {
  const { standing } = pool.reigns
  if (!standing || !leader) return EMPTY
  const { claim } = standing
  const leftMs = claimLeftMs(pool.reigns, shownAt)
  if (staleMs === undefined && leftMs < claim.lease * 0.6) {
    const left = remaining(leftMs)
    return line(` ${leader.name} does not renew: its lease is over in ${left}`, "late")
  }
  const strategy = span(` (strategy ${claim.strategy})`, "dim")
  const reason = span(` ${claim.reason}`)
  const both = [reason, strategy]
  return widthOf(both) <= width ? both : line(ended(reason.text, width, mark))
}
