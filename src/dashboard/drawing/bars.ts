/** Bars and sparklines, in whole cells. */
import type { Glyphs } from "./glyphs.js"
import { type Line, type Style, span } from "./line.js"

/** A bar of `width` cells, filled by `share` (0 to 1); anything above 0 shows. */
export function bar(share: number, width: number, glyphs: Glyphs, style: Style): Line {
  const full = Math.min(width, Math.ceil(Math.max(0, share) * width))
  return [span(glyphs.full.repeat(full), style), span(glyphs.empty.repeat(width - full), "dim")]
}

/** How a lease with this share left looks: calm, then half gone, then nearly over. */
export function leaseStyle(share: number): Style {
  return share < 0.25 ? "late" : share < 0.5 ? "warn" : "good"
}

/** The last `width` of `values` as heights between 0 and `most`, the newest at the right. */
export function sparkline(
  values: readonly number[],
  width: number,
  most: number,
  { spark }: Glyphs,
): string {
  const heights = [...spark]
  const shown = values.slice(-width)
  const bars = shown.map((value) => {
    if (!(value > 0) || !(most > 0)) return heights[0]
    const height = Math.ceil((value / most) * (heights.length - 1))
    return heights[Math.min(heights.length - 1, Math.max(1, height))]
  })
  return bars.join("").padStart(width, " ")
}
