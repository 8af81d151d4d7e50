/** Tables for the terminal: aligned by what is seen, in any script. */
import stringWidth from "string-width"

export interface Column<Row> {
  readonly title: string
  readonly of: (row: Row) => string
  /** Numbers stand right. */
  readonly right?: boolean
}

/** The rows under their titles, columns two spaces apart, no spaces at the ends of lines. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => cellsOf(columns, row))]
  const widths = columns.map((_, at) =>
    Math.max(...cells.map((line) => stringWidth(line[at] ?? ""))),
  )
  const pad = (text: string, at: number) => {
    const space = " ".repeat((widths[at] ?? 0) - stringWidth(text))
    return columns[at]?.right ? space + text : text + space
  }
  return cells.map((line) => line.map(pad).join("  ").trimEnd()).join("\n")
}

function cellsOf<Row>(columns: readonly Column<Row>[], row: Row): string[] {
  return columns.map((column) => column.of(row))
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
