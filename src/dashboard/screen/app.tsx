/**
 * The screen as a component: a picture of the store's snapshot, and the one place where keys come in.
 *
 * Ink measures each text it lays out, and keeps every string it ever measured (vadimdemedes/ink#986), so a
 * clock alone would fill the memory. Here it measures a blank a line, which only changes with the height of
 * the terminal; the words are put in afterwards.
 */
import { Transform, useInput } from "ink"
import { useSyncExternalStore } from "react"
import type { Size } from "../drawing/layout.js"
import { painted } from "../drawing/palette.js"
import { keysOf } from "../keys/key-names.js"
import type { Look } from "../panels/look.js"
import type { DashboardStore } from "../state/store.js"
import { picture } from "./picture.js"

export interface Canvas {
  /** The same object until the terminal is resized. */
  size(): Size
  onResize(listener: () => void): () => void
}

export interface AppProps {
  readonly store: DashboardStore
  readonly canvas: Canvas
  readonly look: Look
}

export function App({ store, canvas, look }: AppProps) {
  const size = useSyncExternalStore(canvas.onResize, canvas.size)
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot)
  useInput((input, key) => store.press(keysOf(input, key)))
  const lines = picture(snapshot, size, look)
  const blank = Array<string>(lines.length).fill(" ").join("\n")
  return (
    <Transform transform={(_, row) => (lines[row] ?? []).map(painted).join("")}>{blank}</Transform>
  )
}
