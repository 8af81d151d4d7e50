/** Tables for the terminal: aligned by what is seen, in any script, and no wider than the terminal. */
import { clean, isSimple } from "../../dashboard/drawing/clean.js"

export interface Column<Row> {
  readonly title: string
  readonly of: (row: Row) => string
  /** Numbers stand right. */
  readonly right?: boolean
  /** Left out where there is not room for all, the highest number first. Those without one stay. */
  readonly leaves?: number
}

/** Tells how many cells a text takes, and cuts it to as many. */
interface Ruler {
  cells(text: string): number
  cut(text: string, width: number): string
}

const GAP = "  "
const SIMPLE: Ruler = {
  cells: (text) => text.length,
  cut: (text, width) => text.slice(0, width),
}

/**
 * The rows under their titles, columns two spaces apart, no spaces at the ends of lines. What is wider than
 * `width` cells loses columns, and in the end the ends of its lines.
 */
export async function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = Number.POSITIVE_INFINITY,
): Promise<string> {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => cellsOf(columns, row))]
  const ruler = await rulerFor(lines.flat())
  const widths = columns.map((_, at) => widest(lines.map((line) => ruler.cells(line[at] ?? ""))))
  const kept = fitting(columns, widths, width)
  const pad = (text: string, at: number) => {
    const space = " ".repeat((widths[at] ?? 0) - ruler.cells(text))
    return columns[at]?.right ? space + text : text + space
  }
  const shown = (line: readonly string[]) => kept.map((at) => pad(line[at] ?? "", at)).join(GAP)
  return lines.map((line) => shortened(shown(line).trimEnd(), width, ruler)).join("\n")
}

/** The places of the columns that fit into `width` cells together. */
function fitting<Row>(
  columns: readonly Column<Row>[],
  widths: readonly number[],
  width: number,
): number[] {
  const kept = columns.map((_, at) => at)
  const total = () => kept.reduce((sum, at) => sum + (widths[at] ?? 0) + GAP.length, -GAP.length)
  const leaving = kept
    .filter((at) => columns[at]?.leaves !== undefined)
    .sort((a, b) => (columns[b]?.leaves ?? 0) - (columns[a]?.leaves ?? 0))
  for (const at of leaving) if (total() > width) kept.splice(kept.indexOf(at), 1)
  return kept
}

/** What knows every script takes longer to load than all else that `pool members` does. */
async function rulerFor(texts: readonly string[]): Promise<Ruler> {
  return texts.every(isSimple) ? SIMPLE : import("../../dashboard/drawing/line.js")
}

function widest(widths: readonly number[]): number {
  return widths.reduce((most, width) => Math.max(most, width), 0)
}

function shortened(text: string, width: number, { cells, cut }: Ruler): string {
  return cells(text) <= width ? text : `${cut(text, width - 1)}…`
}

/** What others wrote must not steer this terminal. */
function cellsOf<Row>(columns: readonly Column<Row>[], row: Row): string[] {
  return columns.map((column) => clean(column.of(row)))
}

/** A time span in two units at most: `4s`, `9m48s`, `3h05m`, `2d14h`. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s}s`
  const two = (n: number) => String(n).padStart(2, "0")
  if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`
  if (s < 86_400) return `${Math.floor(s / 3600)}h${two(Math.floor(s / 60) % 60)}m`
  return `${Math.floor(s / 86_400)}d${two(Math.floor(s / 3600) % 24)}h`
}
