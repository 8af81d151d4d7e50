/**
 * Text with styles: a line is a row of spans, a style is a role and not a colour. Everything the screen
 * shows passes through `span`, which lets no control character through: names and reasons are other people's.
 */
import stringWidth from "string-width"
import { clean, isSimple } from "./clean.js"

/** What a piece of text is; `palette.ts` knows how each looks. */
export type Style =
  | "plain"
  | "dim"
  | "bold"
  | "leader"
  | "good"
  | "warn"
  | "late"
  | "bad"
  /** A key, in hints and help. */
  | "key"

export interface Span {
  readonly text: string
  readonly style: Style
  /** Shown in swapped colours: the selection. */
  readonly inverse?: boolean
}

export type Line = readonly Span[]

/** A piece of text; control characters and marks that reorder text become "?". */
export function span(text: string, style: Style = "plain"): Span {
  return { text: clean(text), style }
}

/** A line of one style. */
export function line(text: string, style: Style = "plain"): Line {
  return [span(text, style)]
}

export const EMPTY: Line = []

/** The number of cells that `text` takes. */
export function cells(text: string): number {
  return isSimple(text) ? text.length : stringWidth(text)
}

export function widthOf(spans: Line): number {
  return spans.reduce((sum, { text }) => sum + cells(text), 0)
}

/** The line without its styles. */
export function textOf(spans: Line): string {
  return spans.map(({ text }) => text).join("")
}

/** The line cut or filled up with blanks to exactly `width` cells. */
export function fitted(spans: Line, width: number): Line {
  const fit: Span[] = []
  let left = width
  for (const piece of spans) {
    if (left <= 0) break
    const text = cut(piece.text, left)
    left -= cells(text)
    fit.push(text === piece.text ? piece : { ...piece, text })
  }
  return left > 0 ? [...fit, span(" ".repeat(left))] : fit
}

/** `left` and `right` at the two ends of `width` cells; if both don't fit, `right` stays whole. */
export function spread(left: Line, right: Line, width: number): Line {
  const rightWidth = widthOf(right)
  if (rightWidth >= width) return fitted(right, width)
  return [...fitted(left, width - rightWidth), ...right]
}

/** The whole line in one style, or in swapped colours. */
export function restyled(spans: Line, change: Partial<Omit<Span, "text">>): Line {
  return spans.map((piece) => ({ ...piece, ...change }))
}

/** As much of the beginning of `text` as fits into `width` cells. */
export function cut(text: string, width: number): string {
  if (cells(text) <= width) return text
  if (isSimple(text)) return text.slice(0, width)
  let kept = ""
  for (const character of text) {
    if (cells(kept + character) > width) break
    kept += character
  }
  return kept
}
