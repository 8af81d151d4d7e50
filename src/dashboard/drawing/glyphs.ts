/**
 * The two sets of characters. Box lines and blocks are of "ambiguous" width, so there is a set of plain
 * ASCII as well, and no emoji in either: terminals disagree about their width.
 */

export interface Glyphs {
  readonly selected: string
  readonly connected: string
  readonly disconnected: string
  /** What was cut out of a name. */
  readonly cut: string
  readonly full: string
  readonly empty: string
  /** Heights of a sparkline, the lowest first. */
  readonly spark: string
  /** Between groups of hints. */
  readonly bar: string
  readonly frame: Frame
}

export interface Frame {
  readonly topLeft: string
  readonly topRight: string
  readonly bottomLeft: string
  readonly bottomRight: string
  readonly across: string
  readonly down: string
}

export const UNICODE: Glyphs = {
  selected: "▸",
  connected: "●",
  disconnected: "○",
  cut: "…",
  full: "█",
  empty: "░",
  spark: "▁▂▃▄▅▆▇█",
  bar: "│",
  frame: {
    topLeft: "╭",
    topRight: "╮",
    bottomLeft: "╰",
    bottomRight: "╯",
    across: "─",
    down: "│",
  },
}

export const ASCII: Glyphs = {
  selected: ">",
  connected: "*",
  disconnected: "o",
  cut: "~",
  full: "#",
  empty: "-",
  spark: " .:-=+*#",
  bar: "|",
  frame: {
    topLeft: "+",
    topRight: "+",
    bottomLeft: "+",
    bottomRight: "+",
    across: "-",
    down: "|",
  },
}

/** The set that this terminal can show: ASCII on the Linux console and in a locale without UTF-8. */
export function glyphsFor(env: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ""
  const isUtf8 = /utf-?8/i.test(locale) || (locale === "" && env.TERM_PROGRAM !== undefined)
  return env.TERM === "linux" || !isUtf8 ? ASCII : UNICODE
}
