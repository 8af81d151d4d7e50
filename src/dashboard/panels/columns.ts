/** The columns of the member table: which fit into a width, and how wide each is. They don't depend on the figures. */

export type ColumnName =
  | "#"
  | "NAME"
  | "ROLE"
  | "STARTED"
  | "UPTIME"
  | "HOST"
  | "PID"
  | "STATE"
  | "DONE"
  | "BUSY"
  | "P50"
  | "LEASE"

export interface Column {
  readonly name: ColumnName
  readonly width: number
  readonly isRight: boolean
}

/** As they stand on the screen. */
const IN_ORDER: readonly ColumnName[] = [
  "#",
  "NAME",
  "ROLE",
  "STARTED",
  "UPTIME",
  "HOST",
  "PID",
  "STATE",
  "DONE",
  "BUSY",
  "P50",
  "LEASE",
]

/** Which are kept first. */
const BY_WORTH: readonly ColumnName[] = [
  "#",
  "NAME",
  "ROLE",
  "STATE",
  "LEASE",
  "UPTIME",
  "DONE",
  "PID",
  "STARTED",
  "BUSY",
  "P50",
  "HOST",
]

const RIGHT: ReadonlySet<ColumnName> = new Set(["#", "UPTIME", "PID", "DONE", "BUSY", "P50"])

const WIDTH: Readonly<Record<Exclude<ColumnName, "#" | "NAME" | "HOST">, number>> = {
  ROLE: 6,
  STARTED: 8,
  UPTIME: 6,
  PID: 7,
  STATE: 8,
  DONE: 5,
  BUSY: 4,
  P50: 5,
  LEASE: 11,
}

/** Blanks between columns. */
export const GAP = 2
const SHORTEST_NAME = 6
const LONGEST_NAME = 20
const SHORTEST_HOST = 8
/** The least width at which a lease shows as a bar as well. */
const WIDTH_FOR_BARS = 46

/** What the columns depend on: the pool as it stands, not its figures. */
export interface Extent {
  readonly members: number
  readonly longestName: number
  readonly longestHost: number
  /** Whether hosts differ, so that they need a column. */
  readonly hasHosts: boolean
}

/** The columns that fit into `width`; what is left goes to names and hosts. */
export function columnsFor(width: number, extent: Extent): readonly Column[] {
  const widths = new Map<ColumnName, number>()
  let left = width + GAP
  for (const name of BY_WORTH) {
    if (name === "HOST" && !extent.hasHosts) continue
    const wanted = widthFor(name, width, extent) + GAP
    if (wanted > left) break
    widths.set(name, wanted - GAP)
    left -= wanted
  }
  widen(widths, "NAME", Math.min(extent.longestName, 40), left)
  const hostBefore = widths.get("HOST") ?? 0
  const spare = left - ((widths.get("NAME") ?? 0) - widthFor("NAME", width, extent))
  if (hostBefore > 0) widen(widths, "HOST", extent.longestHost, spare)
  return IN_ORDER.flatMap((name) => {
    const wide = widths.get(name)
    return wide === undefined ? [] : [{ name, width: wide, isRight: RIGHT.has(name) }]
  })
}

function widthFor(name: ColumnName, width: number, extent: Extent): number {
  switch (name) {
    case "#":
      return String(Math.max(1, extent.members)).length
    case "NAME":
      return nameWidth(width, extent.longestName)
    case "HOST":
      return SHORTEST_HOST
    case "LEASE":
      return width < WIDTH_FOR_BARS ? 4 : WIDTH.LEASE
    default:
      return WIDTH[name]
  }
}

/** Names come first, but on a narrow screen role, state and lease must have room as well. */
function nameWidth(width: number, longest: number): number {
  const others = WIDTH.ROLE + WIDTH.STATE + 4 + 4 * GAP + 2
  const most = Math.max(SHORTEST_NAME, Math.min(LONGEST_NAME, width - others))
  return Math.max(SHORTEST_NAME, Math.min(longest, most))
}

function widen(widths: Map<ColumnName, number>, name: ColumnName, wanted: number, left: number) {
  const now = widths.get(name) ?? 0
  if (wanted > now) widths.set(name, Math.min(wanted, now + Math.max(0, left)))
}
