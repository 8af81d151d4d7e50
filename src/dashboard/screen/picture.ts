/** The whole screen as lines, exactly as wide and as high as the terminal: a pure function of a snapshot and a size. */
import { beside } from "../drawing/frame.js"
import type { Glyphs } from "../drawing/glyphs.js"
import { type Layout, layoutFor, type Size, SMALLEST } from "../drawing/layout.js"
import { EMPTY, fitted, type Line, line } from "../drawing/line.js"
import { eventLines, eventsPanel } from "../panels/events.js"
import { footer } from "../panels/footer.js"
import { header } from "../panels/header.js"
import { helpPanel } from "../panels/help.js"
import { jobsPage } from "../panels/jobs/jobs-page.js"
import { leadershipPanel, ribbonLine, story } from "../panels/leadership.js"
import { membersPanel } from "../panels/members.js"
import { serversPanel } from "../panels/servers.js"
import { workLines, workPanel } from "../panels/work.js"
import type { Snapshot } from "../state/snapshot.js"

/** What the figures of the work panel need. */
const NARROWEST_WORK = 37

export function picture(snapshot: Snapshot, size: Size, glyphs: Glyphs): Line[] {
  const lines = drawn(snapshot, size, glyphs)
  return Array.from({ length: size.rows }, (_, row) => fitted(lines[row] ?? EMPTY, size.columns))
}

function drawn(snapshot: Snapshot, size: Size, glyphs: Glyphs): Line[] {
  const layout = layoutFor(size, snapshot.matching, snapshot.servers.length)
  if (layout.kind === "none") return tooSmall(size)
  if (snapshot.mode.kind === "help") return helpPanel(snapshot, layout, glyphs)
  if (snapshot.jobRows) {
    return [
      header(snapshot, layout, glyphs),
      ...jobsPage(snapshot, layout, glyphs),
      ...footer(snapshot, layout, glyphs),
    ]
  }
  return [
    header(snapshot, layout, glyphs),
    ...membersPanel(snapshot, layout, glyphs),
    ...serversPanel(snapshot, layout, glyphs),
    ...lowerBody(snapshot, layout, glyphs),
    ...footer(snapshot, layout, glyphs),
  ]
}

function lowerBody(snapshot: Snapshot, layout: Layout, glyphs: Glyphs): Line[] {
  const { kind, columns, events } = layout
  if (kind === "large") {
    const left = Math.min(Math.round(columns * 0.58), columns - NARROWEST_WORK)
    return [
      ...leadershipPanel(snapshot, layout, glyphs),
      ...beside(
        eventsPanel(snapshot, left, events + 2, glyphs),
        workPanel(snapshot, columns - left, events + 2, glyphs),
      ),
    ]
  }
  const happened = filled(eventLines(snapshot, columns, events, glyphs), events)
  if (kind === "small") return happened
  return [
    ribbonLine(snapshot, columns),
    ...story(snapshot, columns, glyphs).slice(0, layout.story),
    ...workLines(snapshot, columns, glyphs),
    ...happened,
  ]
}

function filled(lines: readonly Line[], rows: number): Line[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? EMPTY)
}

function tooSmall({ columns, rows }: Size): Line[] {
  const needed = `${SMALLEST.columns}x${SMALLEST.rows}`
  return [line(`pool needs ${needed}, this is ${columns}x${rows}`)]
}
