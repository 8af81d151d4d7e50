/** What the screen shows at one instant: everything its panels need, and nothing they would have to work out. */
import type { Instant } from "../../time/clock.js"
import { type JobRow, jobRowsOf } from "../jobs/job-rows.js"
import type { Mode, Selectable } from "../keys/ui.js"
import type { Pool } from "../world/pool.js"
import { type ReignSeen, reigning } from "../world/reigns.js"
import { canBeSelected, matches, type Row, rowsOf } from "../world/rows.js"
import type { ServerSeen } from "../world/servers.js"
import type { PoolSource } from "../world/source.js"
import type { Message, State } from "./state.js"

/** What never changes while the screen is up. */
export type Facts = Pick<PoolSource, "pool" | "server" | "logs" | "ownsPool"> & {
  readonly canStart: boolean
  /** Whether servers can be stopped and brought back from here. */
  readonly ownsServers: boolean
  /** Whether jobs can be seen from here. */
  readonly canShowJobs: boolean
}

export interface Snapshot {
  readonly facts: Facts
  /** Now. */
  readonly at: Instant
  /** The instant that is shown: earlier than now while the screen is paused or the connection is down. */
  readonly shownAt: Instant
  readonly pool: Pool
  /** The rows that pass the filter. */
  readonly rows: readonly Row[]
  readonly selected?: Row
  readonly selectedIndex: number
  /** How many live, and how many of them pass the filter. */
  readonly living: number
  readonly matching: number
  /** The one host of all members, if they share one. */
  readonly onlyHost?: string
  readonly leader?: ReignSeen
  readonly message: Message
  readonly mode: Mode
  readonly filter: string
  readonly paused?: { readonly forMs: number; readonly missed: number }
  /** The servers, where there are several; and the selected one while they are in focus. */
  readonly servers: readonly ServerSeen[]
  readonly selectedServer?: ServerSeen
  /** The rows of the page of jobs that pass the filter, while that page is shown in place of the pool; and the selected one. */
  readonly jobRows?: readonly JobRow[]
  readonly selectedJob?: JobRow
  /** How long the connection has been down. */
  readonly staleMs?: number
}

export function snapshotOf(state: State, facts: Facts, at: Instant): Snapshot {
  const { ui, message } = state
  const pool = ui.pinned?.pool ?? state.pool
  const shownAt = lastKnown(pool, ui.pinned?.at ?? at)
  const all = rowsOf(pool, shownAt)
  const rows = ui.filter === "" ? all : all.filter((row) => matches(row, ui.filter))
  const leader = reigning(pool.reigns, shownAt.monoMs)
  const selected = rows.find((row) => row.id === ui.selected && canBeSelected(row))
  const hosts = new Set(all.map(({ host }) => host))
  const [onlyHost] = hosts.size === 1 ? hosts : []
  const { servers } = pool.servers
  const selectedServer = servers.find(({ name }) => name === ui.server)
  const jobRows = ui.jobs && jobRowsOf(pool.jobs, ui.filter)
  const selectedJob = jobRows?.find(({ key }) => key === ui.jobs?.selected)
  return {
    facts,
    at,
    shownAt,
    pool,
    rows,
    selectedIndex: ui.index,
    living: pool.members.line.length,
    matching: rows.filter(({ ended }) => !ended).length,
    message,
    mode: ui.mode,
    filter: ui.filter,
    servers,
    ...(selectedServer && { selectedServer }),
    ...(jobRows && { jobRows }),
    ...(selectedJob && { selectedJob }),
    ...(selected && { selected }),
    ...(onlyHost !== undefined && { onlyHost }),
    ...(leader && { leader }),
    ...(ui.pinned && {
      paused: {
        forMs: at.monoMs - ui.pinned.at.monoMs,
        missed: state.pool.log.total - ui.pinned.pool.log.total,
      },
    }),
    ...(!pool.connection.isUp && { staleMs: at.monoMs - pool.connection.sinceMonoMs }),
  }
}

/** What can be selected, of what passes the filter. */
export function selectable(state: State, at: Instant): Selectable {
  const { ui } = state
  const pool = ui.pinned?.pool ?? state.pool
  if (ui.jobs) {
    // The filter is that of the page, and the members keep their selection.
    const jobs = jobRowsOf(pool.jobs, ui.filter).map(({ key }) => key)
    return { ids: selectableMembers(pool, "", at), jobs }
  }
  return { ids: selectableMembers(pool, ui.filter, at), jobs: [] }
}

function selectableMembers(pool: Pool, filter: string, at: Instant): readonly string[] {
  const { line, ended } = pool.members
  if (filter === "" && !ended.some(({ isFrozen }) => isFrozen)) return line
  return rowsOf(pool, at)
    .filter((row) => canBeSelected(row) && matches(row, filter))
    .map(({ id }) => id)
}

/** The instant up to which we know: while the connection is down that is when it went. */
function lastKnown({ connection }: Pool, at: Instant): Instant {
  if (connection.isUp) return at
  const { sinceMonoMs } = connection
  return { monoMs: sinceMonoMs, wallMs: at.wallMs - (at.monoMs - sinceMonoMs) }
}
