/** The styles that states have everywhere. */
import type { Style } from "../drawing/line.js"
import type { RowState } from "../world/rows.js"
import type { ReplicaState, ServerState } from "../world/servers.js"

/** One style a state, used for nothing else. */
export const STATE_STYLE: Readonly<Record<RowState, Style>> = {
  starting: "dim",
  ready: "good",
  draining: "warn",
  paused: "warn",
  lingers: "warn",
  silent: "late",
  frozen: "late",
  gone: "dim",
}

export const SERVER_STYLE: Readonly<Record<ServerState, Style>> = {
  starting: "dim",
  up: "good",
  "lame duck": "warn",
  down: "late",
  unknown: "dim",
}

export const REPLICA_STYLE: Readonly<Record<ReplicaState, Style>> = {
  current: "plain",
  behind: "warn",
  offline: "late",
}
