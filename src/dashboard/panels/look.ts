/** What panels are drawn with, and the styles that states and roles have everywhere. */
import type { Glyphs } from "../drawing/glyphs.js"
import type { Style } from "../drawing/line.js"
import type { RowState } from "../world/rows.js"

export interface Look {
  readonly glyphs: Glyphs
}

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
