/** The member table. Only the rows that show are drawn, so a large pool costs no more than a small one. */
import { framed } from "../drawing/frame.js"
import type { Glyphs } from "../drawing/glyphs.js"
import type { Layout } from "../drawing/layout.js"
import { EMPTY, fitted, type Line, line, restyled, span } from "../drawing/line.js"
import type { Snapshot } from "../state/snapshot.js"
import { canBeSelected, type Row } from "../world/rows.js"
import { type Column, columnsFor } from "./columns.js"
import { headings, rowCells } from "./row-cells.js"

export function membersPanel(snapshot: Snapshot, layout: Layout, glyphs: Glyphs): Line[] {
  const { columns: width, members: height, kind } = layout
  const isFramed = kind !== "small"
  const inside = isFramed ? width - 2 : width
  const columns = columnsFor(inside - (isFramed ? 1 : 2), extentOf(snapshot))
  const rows = visibleRows(snapshot, height).map((row) =>
    drawn(row, snapshot, columns, glyphs, inside),
  )
  const lines = rows.length > 0 ? rows : emptiness(snapshot)
  const filled = [...lines, ...Array<Line>(Math.max(0, height - lines.length)).fill(EMPTY)]
  if (!isFramed) return filled.map((row) => fitted(row, width))
  const heading = rows.length > 0 ? [span(" "), ...headings(columns)] : EMPTY
  const panel = { title: titleOf(snapshot), remark: order(snapshot), width, height: height + 3 }
  return framed(panel, [heading, ...filled], glyphs)
}

/** The rows in the window around the selected one. */
function visibleRows({ rows, selectedIndex }: Snapshot, height: number): readonly Row[] {
  const middle = selectedIndex - Math.floor(height / 2)
  const top = Math.max(0, Math.min(middle, rows.length - height))
  return rows.slice(top, top + height)
}

function drawn(
  row: Row,
  snapshot: Snapshot,
  columns: readonly Column[],
  glyphs: Glyphs,
  width: number,
) {
  const { selected, selectedServer, shownAt, staleMs } = snapshot
  const isSelected = row.id === selected?.id && canBeSelected(row) && !selectedServer
  const mark = isSelected ? glyphs.selected : " "
  const cells = [span(mark, "bold"), ...rowCells(row, columns, shownAt.wallMs, glyphs)]
  if (isSelected) return restyled(fitted(cells, width), { style: "plain", inverse: true })
  return staleMs === undefined ? cells : restyled(cells, { style: "dim" })
}

function extentOf({ rows, living, onlyHost, servers }: Snapshot) {
  return {
    members: living,
    longestName: Math.max(0, ...rows.map(({ name }) => name.length)),
    longestHost: Math.max(0, ...rows.map(({ host }) => host.length)),
    hasHosts: onlyHost === undefined,
    longestServer: longestServer(servers, rows),
  }
}

/** How wide the names of servers are; 0 where there is one server for all. */
export function longestServer(
  servers: Snapshot["servers"],
  rows: readonly Pick<Row, "server">[],
): number {
  if (servers.length === 0) return 0
  return Math.max(
    ...servers.map(({ name }) => name.length),
    ...rows.map(({ server }) => server?.length ?? 0),
  )
}

function titleOf({ living, matching, filter, mode, onlyHost }: Snapshot): string {
  if (filter === "" || mode.kind === "filter") {
    const where = onlyHost === undefined ? "" : ` on ${onlyHost}`
    return `Members ${living.toLocaleString("en-US")}${where}`
  }
  return `Members ${matching} of ${living} with "${filter}"`
}

/** What the order of the rows means: the line of succession, if the leader and its heirs stand in it. */
function order({ pool, leader }: Snapshot): string {
  const { line: seniority } = pool.members
  if (!leader || seniority.length < 2) return "by seniority"
  const heirs = pool.reigns.standing?.claim.heirs ?? []
  const wanted = [leader.id, ...heirs.map(({ id }) => id)].filter((id) =>
    pool.members.living.has(id),
  )
  const isLine = wanted.every((id, index) => seniority[index] === id)
  return isLine ? "in line of succession" : "by seniority"
}

function emptiness({ pool, living, filter, facts }: Snapshot): Line[] {
  if (living > 0)
    return [line(` No worker has "${filter}" in its name, state or host. Esc clears.`, "dim")]
  if (!pool.isCaughtUp) return [line(" Reading the pool...", "dim")]
  const how = facts.canStart ? "Press n, or: pool worker" : "Start one: pool worker"
  return [line(` No workers. ${how}`)]
}
