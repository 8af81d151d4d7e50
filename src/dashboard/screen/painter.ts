/**
 * Paints frames on the terminal: only the lines that changed, each at its place, in one go. To Ink it is the stream that
 * Ink writes to, and nothing comes of that: Ink's own way is to erase the last frame and print the next one, which
 * flickers where a terminal can't hold back output, and leaves the last row unused.
 */
import { EventEmitter } from "node:events"
import type { Size } from "../drawing/layout.js"
import type { Canvas } from "./app.js"

/** A terminal as far as it is painted on. */
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): boolean
  on(event: "resize", listener: () => void): unknown
  off(event: "resize", listener: () => void): unknown
}

/** All terminals that know it show what is between these two at once; the others ignore them. */
const BEGIN = "\x1b[?2026h"
const END = "\x1b[?2026l"

/** Something else may have written to the terminal: after so many frames everything is written again. */
const FRAMES_UNTIL_WHOLE = 30

/** Not "resize": at that Ink would lay out and write the frame of the old size once more. */
const RESIZED = "resized"

export class Painter extends EventEmitter implements Canvas {
  /** Not one, as far as Ink is concerned: it must leave the cursor and the screen alone. */
  readonly isTTY = false
  readonly #terminal: Terminal
  #size: Size
  /** The last frame, and what of it the terminal shows. */
  #frame: readonly string[] = []
  #shown: readonly string[] = []
  #frames = 0
  #isPaused = false

  constructor(terminal: Terminal) {
    super()
    this.#terminal = terminal
    this.#size = this.#measured()
    terminal.on("resize", this.#resized)
  }

  get columns(): number {
    return this.#size.columns
  }

  get rows(): number {
    return this.#size.rows
  }

  readonly size = (): Size => this.#size

  readonly onResize = (listener: () => void): (() => void) => {
    this.on(RESIZED, listener)
    return () => this.off(RESIZED, listener)
  }

  /** Shows a whole frame. */
  paint(lines: readonly string[]): void {
    if (this.#frames++ % FRAMES_UNTIL_WHOLE === 0) this.#shown = []
    this.#frame = lines
    if (!this.#isPaused) this.#paint()
  }

  /** What Ink writes is of nothing. */
  write(_nothing: string, done?: () => void): boolean {
    if (typeof done === "function") done()
    return true
  }

  /** Paints everything anew, over whatever is there. */
  redraw(): void {
    this.#shown = []
    this.#terminal.write("\x1b[2J")
    this.#paint()
  }

  /** Paints nothing until `resume`: the terminal is someone else's. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#resized()
    this.redraw()
  }

  close(): void {
    this.#isPaused = true
    this.#terminal.off("resize", this.#resized)
  }

  readonly #resized = () => {
    const { columns, rows } = this.#measured()
    if (columns === this.#size.columns && rows === this.#size.rows) return
    this.#size = { columns, rows }
    this.#shown = []
    this.#frame = []
    this.#frames = 0
    if (!this.#isPaused) this.#terminal.write("\x1b[2J")
    this.emit(RESIZED)
  }

  #measured(): Size {
    return { columns: this.#terminal.columns || 80, rows: this.#terminal.rows || 24 }
  }

  #paint(): void {
    const lines = this.#frame.slice(0, this.#size.rows)
    const changed = lines.flatMap((line, row) =>
      line === this.#shown[row] ? [] : `\x1b[${row + 1};1H\x1b[K${line}`,
    )
    this.#shown = lines
    if (changed.length > 0) this.#terminal.write(`${BEGIN}${changed.join("")}${END}`)
  }
}
