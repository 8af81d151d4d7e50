/** The servers of a cluster: a table with room for all there is to say, or a line. */
import { count, ended, middle } from "../drawing/format.js"
import { framed } from "../drawing/frame.js"
import type { Glyphs } from "../drawing/glyphs.js"
import type { Layout } from "../drawing/layout.js"
import { fitted, type Line, restyled, span, spread, widthOf } from "../drawing/line.js"
import type { Snapshot } from "../state/snapshot.js"
import type { ServerSeen } from "../world/servers.js"
import { REPLICA_STYLE, SERVER_STYLE } from "./styles.js"

const LONGEST_NAME = 20
const GAP = "  "
const STATE = "lame duck".length
const STREAM = "STREAM".length
const REPLICA = "behind 12.3k".length
const VERSION = "2.12.15".length

export function serversPanel(snapshot: Snapshot, layout: Layout, glyphs: Glyphs): Line[] {
  const { columns: width, servers: height } = layout
  if (height === 0) return []
  if (height === 1) return [serversLine(snapshot, width)]
  const title = `Servers ${snapshot.servers.length}`
  const lines = serverTable(snapshot, width - 2, glyphs)
  return framed({ title, remark: replicasOf(snapshot), width, height }, lines, glyphs)
}

/** A heading, and a row for each server. */
export function serverTable(snapshot: Snapshot, width: number, glyphs: Glyphs): Line[] {
  const { servers } = snapshot
  const longest = Math.max(4, ...servers.map(({ name }) => name.length))
  const nameWidth = Math.min(longest, LONGEST_NAME)
  const titles = [
    "NAME".padEnd(nameWidth),
    "STATE".padEnd(STATE),
    "STREAM",
    "REPLICA".padEnd(REPLICA),
    "VERSION".padEnd(VERSION),
    "WORKERS",
  ]
  const rows = servers.map((server) => row(server, snapshot, nameWidth, width, glyphs))
  return [[span(` ${titles.join(GAP)}`, "dim")], ...rows]
}

function row(
  server: ServerSeen,
  snapshot: Snapshot,
  nameWidth: number,
  width: number,
  glyphs: Glyphs,
): Line {
  const { name, state, leads, version = "" } = server
  const isSelected = snapshot.selectedServer?.name === name
  const before: Line = [
    span(isSelected ? glyphs.selected : " ", "bold"),
    span(middle(name, nameWidth, glyphs.cut).padEnd(nameWidth), leads ? "bold" : "plain"),
    span(`${GAP}${state.padEnd(STATE)}`, SERVER_STYLE[state]),
    span(`${GAP}${(leads ? "leads" : "").padEnd(STREAM)}`, "bold"),
    span(GAP + replicaOf(server).padEnd(REPLICA), server.replica && REPLICA_STYLE[server.replica]),
    span(`${GAP}${version.padEnd(VERSION)}${GAP}`, "dim"),
  ]
  const workers = ended(
    workersOn(server, snapshot),
    Math.max(0, width - widthOf(before)),
    glyphs.cut,
  )
  const cells = [...before, span(workers)]
  if (isSelected) return restyled(fitted(cells, width), { style: "plain", inverse: true })
  return snapshot.staleMs === undefined ? cells : restyled(cells, { style: "dim" })
}

/** The longest wording that fits. */
function serversLine(snapshot: Snapshot, width: number): Line {
  const replicas = span(`${replicasOf(snapshot)} `, "dim")
  const short = span(`${replicasOf(snapshot, true)} `, "dim")
  const wordings: readonly (readonly [Line, Line])[] = [
    [[span(" servers "), ...states(snapshot, true)], [replicas]],
    [states(snapshot, true), [replicas]],
    [states(snapshot, true), [short]],
    [states(snapshot, false), [short]],
    [states(snapshot, false), []],
  ]
  const fits = ([left, right]: readonly [Line, Line]) => widthOf(left) + widthOf(right) <= width
  const [left, right] = wordings.find(fits) ?? [states(snapshot, false), []]
  return spread(left, right, width)
}

function states({ servers, selectedServer, staleMs }: Snapshot, isLong: boolean): Line {
  return servers.flatMap((server) => {
    const { name, state, leads } = server
    // One that leads is up.
    const isUpAndLeads = leads && state === "up"
    const words = isUpAndLeads ? (isLong ? "up, leads" : "leads") : isLong ? state : SHORT[state]
    const style = staleMs === undefined ? SERVER_STYLE[state] : "dim"
    const isSelected = selectedServer?.name === name
    const cells = [span(`${name} `, leads ? "bold" : "plain"), span(words, style)]
    return [
      span(" "),
      ...(isSelected ? restyled(cells, { style: "plain", inverse: true }) : cells),
      span(" "),
    ]
  })
}

const SHORT = {
  starting: "starts",
  up: "up",
  "lame duck": "lame",
  down: "down",
  unknown: "?",
} as const

function replicaOf({ replica, lag }: ServerSeen): string {
  return replica === "behind" && lag ? `behind ${count(lag)}` : (replica ?? "")
}

function replicasOf({ pool }: Snapshot, isShort = false): string {
  const { replicas, servers } = pool.servers
  if (!replicas)
    return servers.some(({ leads }) => leads) ? "" : isShort ? "?" : "no leader, no writes"
  const { all, current } = replicas
  return isShort ? `${current}/${all}` : `${current} of ${all} replicas current`
}

function workersOn({ name }: ServerSeen, { rows }: Snapshot): string {
  const here = rows.filter((row) => row.server === name && !row.ended)
  return here.map((row) => row.name).join(" ")
}
