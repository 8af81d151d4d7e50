/** How each style looks, in the 16 colours every terminal has. Without colours only the words remain. */
import chalk from "chalk"
import type { Span, Style } from "./line.js"

type Paint = (text: string) => string

const PLAIN: Paint = (text) => text

const PAINT: Readonly<Record<Style, Paint>> = {
  plain: PLAIN,
  dim: chalk.dim,
  bold: chalk.bold,
  leader: chalk.bold.yellow,
  good: chalk.green,
  warn: chalk.yellow,
  late: chalk.magenta,
  bad: chalk.red,
  key: chalk.bold,
}

/** The span with the codes of its colours. */
export function painted({ text, style, inverse }: Span): string {
  const paint = PAINT[style]
  return inverse ? chalk.inverse(paint(text)) : paint(text)
}
