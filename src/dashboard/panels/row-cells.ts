/** The cells of a row, and the headings over them. */
import { bar, leaseStyle } from "../drawing/bars.js"
import { count, duration, latency, middle, remaining, startedAt } from "../drawing/format.js"
import type { Glyphs } from "../drawing/glyphs.js"
import { cells, cut, type Line, type Style, span, widthOf } from "../drawing/line.js"
import type { Row } from "../world/rows.js"
import { type Column, GAP } from "./columns.js"
import { STATE_STYLE } from "./styles.js"

/** How wide the bar of a lease is. */
const BAR = 6

/** The headings over the columns. */
export function headings(columns: readonly Column[]): Line {
  return columns.map((column, index) =>
    span((index > 0 ? " ".repeat(GAP) : "") + aligned(column.name, column), "dim"),
  )
}

/** The cells of one row. */
export function rowCells(
  row: Row,
  columns: readonly Column[],
  nowWallMs: number,
  glyphs: Glyphs,
): Line {
  return columns.flatMap((column, index) => {
    const gap = index > 0 ? [span(" ".repeat(GAP))] : []
    const cell = cellOf(row, column, nowWallMs, glyphs)
    const blank = span(" ".repeat(Math.max(0, column.width - widthOf(cell))))
    return column.isRight ? [...gap, blank, ...cell] : [...gap, ...cell, blank]
  })
}

function cellOf(row: Row, { name, width }: Column, nowWallMs: number, glyphs: Glyphs): Line {
  const { ended } = row
  const style: Style = ended ? "dim" : "plain"
  const figure = (n: number, text: string) => [span(text, n === 0 ? "dim" : style)]
  switch (name) {
    case "#":
      return [span(row.place === undefined ? "" : String(row.place), style)]
    case "NAME":
      return [span(middle(row.name, width, glyphs.cut), row.role === "leader" ? "leader" : style)]
    case "ROLE":
      return [span(row.role, row.role === "leader" ? "leader" : "plain")]
    case "STARTED":
      return [span(startedAt(row.startedWallMs, nowWallMs), style)]
    case "UPTIME":
      return [span(ended ? "" : duration(row.uptimeMs), style)]
    case "HOST":
      return [span(middle(row.host, width, glyphs.cut), style)]
    case "SERVER":
      return [span(middle(row.server ?? "", width, glyphs.cut), ended ? "dim" : "plain")]
    case "PID":
      return [span(String(row.pid), style)]
    case "STATE":
      return [span(row.state, STATE_STYLE[row.state])]
    case "DONE":
      return figure(row.done, count(row.done))
    case "BUSY":
      return ended ? [] : figure(row.busy, count(row.busy))
    case "P50":
      return row.p50Ms === undefined || ended ? [] : [span(cut(latency(row.p50Ms), width), style)]
    case "LEASE":
      return leaseCell(row, width, glyphs)
  }
}

function leaseCell({ ended, leaseMs, leaseShare }: Row, width: number, glyphs: Glyphs): Line {
  if (ended) {
    const since = duration(ended.agoMs)
    return [span(width < 11 ? since : `${ended.how} ${since}`, "dim")]
  }
  const style = leaseStyle(leaseShare)
  const left = remaining(leaseMs).padStart(4)
  if (width < BAR + 5) return [span(left.padStart(width), style)]
  return [
    ...bar(leaseShare, BAR, glyphs, style),
    span(` ${left}`, style === "good" ? "plain" : style),
  ]
}

function aligned(text: string, { width, isRight }: Column): string {
  const blank = " ".repeat(Math.max(0, width - cells(text)))
  return isRight ? blank + text : text + blank
}
