/** Rows as text, in columns: a line for what was measured, and one below it for what it is compared with. */
import type { Figures } from "./figures.js"
import type { Limit, Row } from "./rows.js"

const HEAD = ["", "n", "min", "median", "p99", "", "ratio (half of them)", "limit", ""]
/** Those are texts; the others are numbers, which end below each other. */
const TEXTS = new Set([0, 5, 6, 7, 8])

/** The lines of a table; none for no rows. */
export function tableOf(rows: readonly Row[]): string[] {
  if (rows.length === 0) return []
  const cells = [HEAD, ...rows.flatMap(cellsOf)]
  const widths = HEAD.map((_, n) => Math.max(...cells.map((line) => line[n]?.length ?? 0)))
  return cells.map((line) =>
    line
      .map((cell, n) =>
        TEXTS.has(n) ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  )
}

function cellsOf({ what, unit, figures, baseline, ratio, limit, met }: Row): string[][] {
  const own = [
    ...[what, ...numbersOf(figures), unit],
    ratio ? `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})` : "",
    limit ? inWords(limit) : "",
    met === undefined ? "" : met ? "met" : "MISSED",
  ]
  if (!baseline) return [own]
  return [own, [`  ${baseline.what}`, ...numbersOf(baseline.figures), unit, "", "", ""]]
}

function numbersOf({ n, min, median, p99 }: Figures): string[] {
  return [String(n), shortly(min), shortly(median), shortly(p99)]
}

/** With the digits that tell something. */
function shortly(value: number): string {
  if (Number.isInteger(value)) return String(value)
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 1 ? 1 : 2)
}

function inWords({ of, figure, atMost, atLeast }: Limit): string {
  const bounds = [
    ...(atLeast === undefined ? [] : [`>= ${atLeast}`]),
    ...(atMost === undefined ? [] : [`<= ${atMost}`]),
  ]
  const what = { figures: figure, ratio: "ratio", difference: `${figure} beyond` }[of]
  return `${what} ${bounds.join(", ")}`
}
