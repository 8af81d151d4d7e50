/** A panel: lines in a box, a title at the left of its upper edge, a remark at the right. */
import type { Glyphs } from "./glyphs.js"
import { cells, EMPTY, fitted, type Line, type Span, span } from "./line.js"

export interface Panel {
  readonly title: string
  readonly remark?: string
  /** Including the frame. */
  readonly width: number
  readonly height: number
}

/** `lines` in a box of exactly the size of `panel`; what is too much is cut off. */
export function framed(panel: Panel, lines: readonly Line[], glyphs: Glyphs): Line[] {
  const { width, height } = panel
  const { down, bottomLeft, bottomRight, across } = glyphs.frame
  const inside = Array.from({ length: height - 2 }, (_, row) => [
    span(down, "dim"),
    ...fitted(lines[row] ?? EMPTY, width - 2),
    span(down, "dim"),
  ])
  const bottom = [span(bottomLeft + across.repeat(width - 2) + bottomRight, "dim")]
  return [topEdge(panel, glyphs), ...inside, bottom]
}

function topEdge({ title, remark = "", width }: Panel, { frame }: Glyphs): Line {
  const { topLeft, topRight, across } = frame
  const right = remark === "" ? "" : ` ${remark} ${across}`
  const rest = width - cells(topLeft + across) - cells(title) - 2 - cells(right) - cells(topRight)
  if (rest < 1 && remark !== "") return topEdge({ title, width, height: 0 }, { frame } as Glyphs)
  const edge: Span[] = [
    span(`${topLeft}${across} `, "dim"),
    span(title, "bold"),
    span(` ${across.repeat(Math.max(0, rest))}`, "dim"),
    span(right + topRight, "dim"),
  ]
  return fitted(edge, width)
}

/** Two panels of the same height side by side. */
export function beside(left: readonly Line[], right: readonly Line[]): Line[] {
  return left.map((row, index) => [...row, ...(right[index] ?? EMPTY)])
}
