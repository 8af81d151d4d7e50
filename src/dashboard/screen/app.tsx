/**
 * The screen as a component: a picture of the store's snapshot, and the one place where keys come in.
 *
 * It gives Ink nothing to lay out, and paints by itself. Ink takes all lines apart into their characters for each frame,
 * which cost more than all else that the dashboard does while nothing happens, and it keeps every string that it ever
 * measured (vadimdemedes/ink#986).
 */
import { useInput } from "ink"
import { useLayoutEffect, useSyncExternalStore } from "react"
import type { Glyphs } from "../drawing/glyphs.js"
import type { Size } from "../drawing/layout.js"
import { painted } from "../drawing/palette.js"
import { keysOf } from "../keys/key-names.js"
import type { DashboardStore } from "../state/store.js"
import { picture } from "./picture.js"

export interface Canvas {
  /** The same object until the terminal is resized. */
  size(): Size
  onResize(listener: () => void): () => void
  /** Shows a whole frame, a text with its colours for each line. */
  paint(lines: readonly string[]): void
}

export interface AppProps {
  readonly store: DashboardStore
  readonly canvas: Canvas
  readonly glyphs: Glyphs
}

export function App({ store, canvas, glyphs }: AppProps) {
  const size = useSyncExternalStore(canvas.onResize, canvas.size)
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot)
  useInput((input, key) => store.press(keysOf(input, key)))
  useLayoutEffect(() => {
    const lines = picture(snapshot, size, glyphs)
    canvas.paint(lines.map(painted))
  }, [canvas, snapshot, size, glyphs])
  return null
}
