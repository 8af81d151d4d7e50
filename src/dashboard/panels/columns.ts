/** The columns of the member table: which fit into a width, and how wide each is. They don't depend on the figures. */

export type ColumnName = (typeof COLUMNS)[number]["name"]

export interface Column {
  readonly name: ColumnName
  readonly width: number
  readonly isRight: boolean
}

const ROLE_WIDTH = 6
const STATE_WIDTH = 8
/** A lease without a bar. */
const NARROW_LEASE = 4

/**
 * As they stand on the screen; `rank` says which are kept first. Those without a width of their own depend on what is
 * in them.
 */
const COLUMNS = [
  { name: "#", rank: 1, width: undefined, isRight: true },
  { name: "NAME", rank: 2, width: undefined, isRight: false },
  { name: "ROLE", rank: 3, width: ROLE_WIDTH, isRight: false },
  { name: "STARTED", rank: 10, width: 8, isRight: false },
  { name: "UPTIME", rank: 7, width: 6, isRight: true },
  { name: "HOST", rank: 13, width: undefined, isRight: false },
  { name: "SERVER", rank: 6, width: undefined, isRight: false },
  { name: "PID", rank: 9, width: 7, isRight: true },
  { name: "STATE", rank: 4, width: STATE_WIDTH, isRight: false },
  { name: "DONE", rank: 8, width: 5, isRight: true },
  { name: "BUSY", rank: 11, width: 4, isRight: true },
  { name: "P50", rank: 12, width: 5, isRight: true },
  { name: "LEASE", rank: 5, width: 11, isRight: false },
] as const

const BY_RANK = COLUMNS.toSorted((a, b) => a.rank - b.rank)

/** Blanks between columns. */
export const GAP = 2
const SHORTEST_NAME = 6
const LONGEST_NAME = 20
const SHORTEST_HOST = 8
const LONGEST_SERVER = 16
/** The least width at which a lease shows as a bar as well. */
const WIDTH_FOR_BARS = 46
/** The same where workers are on several servers. */
const WIDTH_FOR_SERVERS = 51

/** What the columns depend on: the pool as it stands, not its figures. */
export interface Extent {
  readonly members: number
  readonly longestName: number
  readonly longestHost: number
  /** Whether hosts differ, so that they need a column. */
  readonly hasHosts: boolean
  /** 0 or absent where there is one server for all, which needs no column. */
  readonly longestServer?: number
}

/** The columns that fit into `width`; what is left goes to names and hosts. */
export function columnsFor(width: number, extent: Extent): readonly Column[] {
  const widths = new Map<ColumnName, number>()
  let left = width + GAP
  for (const column of BY_RANK) {
    if (column.name === "HOST" && !extent.hasHosts) continue
    if (column.name === "SERVER" && !extent.longestServer) continue
    // The rows stand in that order anyway.
    if (column.name === "#" && extent.longestServer && isNarrow(width, extent)) continue
    const wanted = widthFor(column, width, extent) + GAP
    if (wanted > left) break
    widths.set(column.name, wanted - GAP)
    left -= wanted
  }
  widen(widths, "NAME", Math.min(extent.longestName, 40), left)
  const hostBefore = widths.get("HOST") ?? 0
  const spare = left - ((widths.get("NAME") ?? 0) - nameWidth(width, extent.longestName))
  if (hostBefore > 0) widen(widths, "HOST", extent.longestHost, spare)
  return COLUMNS.flatMap(({ name, isRight }) => {
    const wide = widths.get(name)
    return wide === undefined ? [] : [{ name, width: wide, isRight }]
  })
}

function widthFor(column: (typeof COLUMNS)[number], width: number, extent: Extent): number {
  switch (column.name) {
    case "#":
      return String(Math.max(1, extent.members)).length
    case "NAME":
      return nameWidth(width, extent.longestName)
    case "HOST":
      return SHORTEST_HOST
    case "SERVER":
      return serverWidth(width, extent)
    case "LEASE":
      return isNarrow(width, extent) ? NARROW_LEASE : column.width
    default:
      return column.width
  }
}

function serverWidth(width: number, extent: Extent): number {
  const longest = Math.min(extent.longestServer ?? 0, LONGEST_SERVER)
  return isNarrow(width, extent) ? longest : Math.max("SERVER".length, longest)
}

function isNarrow(width: number, { longestServer = 0 }: Extent): boolean {
  return width < (longestServer > 0 ? WIDTH_FOR_SERVERS : WIDTH_FOR_BARS)
}

/** Names come first, but on a narrow screen role, state and lease must have room as well. */
function nameWidth(width: number, longest: number): number {
  const others = ROLE_WIDTH + STATE_WIDTH + NARROW_LEASE + 4 * GAP + 2
  const most = Math.max(SHORTEST_NAME, Math.min(LONGEST_NAME, width - others))
  return Math.max(SHORTEST_NAME, Math.min(longest, most))
}

function widen(widths: Map<ColumnName, number>, name: ColumnName, wanted: number, left: number) {
  const now = widths.get(name) ?? 0
  if (wanted > now) widths.set(name, Math.min(wanted, now + Math.max(0, left)))
}
