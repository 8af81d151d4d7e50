/** The first line: which pool, whether it can be reached, who leads, and how fresh all this is. */
import { duration, latency, middle, plural, timeOfDay } from "../drawing/format.js"
import type { Glyphs } from "../drawing/glyphs.js"
import type { Layout } from "../drawing/layout.js"
import { type Line, type Span, type Style, span, spread, widthOf } from "../drawing/line.js"
import type { Snapshot } from "../state/snapshot.js"

/** How long the leader's name may be here, in the longest wording and in the shortest. */
const LONGEST_NAME = 24
const SHORTEST_NAME = 6

/** The longest wording that fits; only the smallest screens see the shortest one. */
export function header(snapshot: Snapshot, { columns }: Layout, glyphs: Glyphs): Line {
  const [long, short] = [freshness(snapshot, false), freshness(snapshot, true)]
  for (const nameWidth of [LONGEST_NAME, LONGEST_NAME / 2, SHORTEST_NAME]) {
    for (const right of [long, short]) {
      const fits = (left: Line) => widthOf(left) + 2 + widthOf(right) <= columns
      const left = wordings(snapshot, glyphs, nameWidth).find(fits)
      if (left) return spread(left, right, columns)
    }
  }
  return spread(leader(snapshot, SHORTEST_NAME, glyphs), short, columns)
}

function wordings(snapshot: Snapshot, glyphs: Glyphs, nameWidth: number): Line[] {
  const { facts, living, staleMs } = snapshot
  const pool = span(` ${facts.pool}`, "bold")
  const server = span(`  ${facts.server}  `)
  const mark = connectionMark(snapshot, glyphs)
  const leads = leader(snapshot, nameWidth, glyphs)
  const isStale = staleMs !== undefined
  const workers = span(isStale ? "" : `, ${plural(living, "worker")}`)
  const [long, short] = connection(snapshot)
  return [
    [pool, server, mark, long, ...leads, workers],
    [pool, span("  "), mark, long, ...leads, workers],
    [pool, span("  "), mark, short, ...leads, workers],
    [pool, span(" "), mark, short, ...leads],
    [span(" "), mark, span(" "), ...leads],
  ]
}

function connectionMark({ pool }: Snapshot, glyphs: Glyphs): Span {
  return pool.connection.isUp ? span(glyphs.connected, "good") : span(glyphs.disconnected, "late")
}

/** As wide for each round trip, so that what follows stays where it is. */
function connection({ pool, staleMs }: Snapshot): readonly [Span, Span] {
  if (staleMs !== undefined) {
    const since = ` disconnected ${duration(staleMs)}`
    return [span(`${since}, retrying   `, "late"), span(`${since}  `, "late")]
  }
  const { roundTripMs } = pool.connection
  const trip = (roundTripMs === undefined ? "" : latency(roundTripMs)).padEnd(6)
  return [span(` connected ${trip}  `), span(` ${trip} `)]
}

function leader({ leader, pool, staleMs }: Snapshot, nameWidth: number, glyphs: Glyphs): Line {
  const short = (name: string) => middle(name, nameWidth, glyphs.cut)
  if (staleMs !== undefined) {
    const last = pool.reigns.current
    return [span(last ? `last leader ${short(last.name)}` : "", "dim")]
  }
  if (!leader) return [span("no leader", "late")]
  return [span("leader "), span(short(leader.name), "leader"), span(`, term ${leader.term}`)]
}

function freshness({ at, paused, staleMs }: Snapshot, isShort: boolean): Line {
  const time = timeOfDay(at.wallMs)
  const live = (word: string, style: Style) => [
    span(word, style),
    span(`${isShort ? " " : "  "}${time} `),
  ]
  if (paused) {
    const missed = isShort ? "" : `, ${paused.missed} missed`
    return [span(`PAUSED ${duration(paused.forMs)}${missed} `, "warn")]
  }
  if (staleMs !== undefined) return live(`STALE ${duration(staleMs)}`, "late")
  return isShort ? [span(`${time} `)] : live("live", "good")
}
