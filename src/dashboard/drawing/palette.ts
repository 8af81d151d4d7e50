/** How each style looks, in the 16 colours every terminal has. Without colours only the words remain. */
import chalk from "chalk"
import type { Line, Span, Style } from "./line.js"

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

/** The line with the codes of its colours, without the blanks at its end. Neighbours that look the same have them once. */
export function painted(line: Line): string {
  const pieces: Span[] = []
  for (const span of line) {
    const last = pieces.at(-1)
    const isSame = last?.style === span.style && Boolean(last.inverse) === Boolean(span.inverse)
    if (last && isSame) pieces[pieces.length - 1] = { ...last, text: last.text + span.text }
    else pieces.push(span)
  }
  return pieces.map(paintedSpan).join("").trimEnd()
}

function paintedSpan({ text, style, inverse }: Span): string {
  const paint = PAINT[style]
  return inverse ? chalk.inverse(paint(text)) : paint(text)
}
