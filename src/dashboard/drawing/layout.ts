/** Which panels a terminal of this size has room for, and how high each is. Nothing depends on the figures in them. */

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** The smallest terminal that shows a pool. */
export const SMALLEST: Size = { columns: 36, rows: 6 }

/**
 * - `large`: frames around everything, events and work side by side
 * - `medium`: a frame around the members, the rest in lines
 * - `small`: lines only
 * - `none`: a line that says what is needed
 */
export type Kind = "large" | "medium" | "small" | "none"

export interface Layout extends Size {
  readonly kind: Kind
  /** Rows of members, without their heading. */
  readonly members: number
  /** All that the servers of a cluster take: a framed table, a line, or nothing where there is one server. */
  readonly servers: number
  /** Lines of events. */
  readonly events: number
  /** Lines on who led and why, outside a frame. */
  readonly story: number
}

/** Message and keys, at the bottom of every layout. */
export const FOOTER_ROWS = 2
export const HEADER_ROWS = 1
/** A frame and a heading. */
const TABLE_EXTRA = 3
/** Frame, ribbon, history, reason. */
export const LEADERSHIP_ROWS = 5
const FRAME_ROWS = 2
const RIBBON_ROWS = 1
const WORK_ROWS = 2

const FEWEST = 3
/** What members and events need beside a table of servers. */
const BESIDE_SERVERS = 9

/** The layout for `size`, when `members` and `servers` are there. Only a pool too large for its table makes that grow. */
export function layoutFor({ columns, rows }: Size, members: number, servers = 0): Layout {
  const size = { columns, rows }
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) {
    return { ...size, kind: "none", members: 0, servers: 0, events: 0, story: 0 }
  }
  const line = Math.min(servers, 1)
  if (columns >= 78 && rows >= 20) {
    const all = rows - HEADER_ROWS - TABLE_EXTRA - LEADERSHIP_ROWS - FRAME_ROWS - FOOTER_ROWS
    const framed = servers + TABLE_EXTRA
    const taken = servers > 0 && all - framed >= BESIDE_SERVERS ? framed : line
    const room = all - taken
    const table = share(room, 1 / 3, members)
    const events = room - table
    return { ...size, kind: "large", members: table, servers: taken, events, story: 0 }
  }
  if (columns >= 50 && rows >= 12) {
    const story = rows < 20 ? 0 : 2
    const fixed = HEADER_ROWS + TABLE_EXTRA + RIBBON_ROWS + story + WORK_ROWS + FOOTER_ROWS + line
    const room = rows - fixed
    const table = share(room, 1 / 2, members)
    return { ...size, kind: "medium", members: table, servers: line, events: room - table, story }
  }
  const room = rows - HEADER_ROWS - FOOTER_ROWS - line
  const table = rows >= 12 ? share(room, 1 / 2, members) : room
  return { ...size, kind: "small", members: table, servers: line, events: room - table, story: 0 }
}

/** How much of `room` the table gets: its part, or up to half more if there are more members. */
function share(room: number, part: number, members: number): number {
  const usual = Math.max(FEWEST, Math.round(room * part))
  const most = Math.max(usual, Math.floor(room * Math.max(1 / 2, part * 1.3)))
  return Math.min(Math.max(usual, members), most)
}
