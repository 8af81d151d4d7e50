/**
 * The dashboard without a screen, for pipes, dumb terminals and screen readers: a line an event, in the words
 * of the screen; or the table, once; or JSON, an object a line.
 */

import { clean } from "../drawing/clean.js"
import { latency, timeOfDay } from "../drawing/format.js"
import type { Glyphs } from "../drawing/glyphs.js"
import { EMPTY, type Line, span, textOf } from "../drawing/line.js"
import { columnsFor } from "../panels/columns.js"
import { longestServer } from "../panels/members.js"
import { headings, rowCells } from "../panels/row-cells.js"
import { serverTable } from "../panels/servers.js"
import type { Snapshot } from "../state/snapshot.js"
import type { LogEntry } from "../world/log.js"
import type { Row } from "../world/rows.js"
import { leadership } from "../world/sentences.js"
import type { ServerSeen } from "../world/servers.js"

/** "12:37:52  a  leads, term 4, after 11ms" */
export function eventLine({ wallMs, name, text }: LogEntry): string {
  const words = [timeOfDay(wallMs), ...(name === "" ? [] : [name]), text]
  return clean(words.join("  "))
}

/** The same for programs: one JSON object. */
export function eventObject({ wallMs, kind, name, id, text, figures }: LogEntry): string {
  const time = new Date(wallMs).toISOString()
  const who = { [kind === "server" ? "server" : "worker"]: name || undefined }
  return json({ time, event: kind, ...who, id, ...figures, text })
}

/** The table and who leads, as lines. */
export function table(snapshot: Snapshot, width: number, glyphs: Glyphs): string[] {
  const { rows, living, shownAt, leader, facts, pool, servers } = snapshot
  const columns = columnsFor(width, {
    members: living,
    longestName: Math.max(0, ...rows.map(({ name }) => name.length)),
    longestHost: Math.max(0, ...rows.map(({ host }) => host.length)),
    hasHosts: true,
    longestServer: longestServer(servers, rows),
  })
  const cells = rows.map((row) => rowCells(row, columns, shownAt.wallMs, glyphs))
  const body: Line[] = rows.length > 0 ? [headings(columns), ...cells] : [[span("no workers")]]
  const trip = pool.connection.roundTripMs
  const roundTrip = trip === undefined ? "" : ` (${latency(trip)})`
  const who = `${facts.pool} on ${facts.server}${roundTrip}: ${leadership(leader, living)}`
  const reason = leader ? pool.reigns.standing?.claim.reason : undefined
  const after = servers.length > 0 ? [EMPTY, ...serverTable(snapshot, width, glyphs)] : []
  const lines = [[span(who)], reason ? [span(reason)] : EMPTY, EMPTY, ...body, ...after]
  return lines
    .filter((line, index) => index !== 1 || line !== EMPTY)
    .map((line) => textOf(line).trimEnd())
}

/** The table for programs: one JSON object a member. */
export function memberObject({ leaseShare: _, startedWallMs, ended, role, ...row }: Row): string {
  const started = new Date(startedWallMs).toISOString()
  return json({ ...row, role: role || undefined, started, ended: ended?.how })
}

/** A server for programs: one JSON object, told from a member's by its type. */
export function serverObject(server: ServerSeen): string {
  return json({ type: "server", ...server })
}

/** On one line; a clock is not exact to more than a microsecond. */
function json(value: object): string {
  return JSON.stringify(value, (_, field) =>
    typeof field === "number" ? Math.round(field * 1000) / 1000 : field,
  )
}
