/**
 * How far something is that takes its time, on standard error: on a terminal one line that is drawn anew, elsewhere a line
 * every few seconds. What is done soon says nothing.
 */
import type { WriteStream } from "node:tty"
import { span } from "./table.js"

/** How often the line of a terminal is drawn, and a line is written elsewhere, in ms. */
const DRAWN_MS = 200
const WRITTEN_MS = 5_000

export interface Progress {
  readonly done: number
  readonly count: number
  readonly errors: number
}

/** One line: how much of it is done, how fast, how many errors, and how long it will take if it goes on like that. */
export function progressLine({ done, count, errors }: Progress, elapsedMs: number): string {
  const figure = (value: number) => Math.round(value).toLocaleString("en-US")
  const perMs = done / Math.max(1, elapsedMs)
  const left = perMs > 0 ? `, ${span((count - done) / perMs)} left` : ""
  const share = Math.floor((100 * done) / count)
  const failed = errors === 1 ? "1 error" : `${figure(errors)} errors`
  return `${figure(done)} of ${figure(count)} (${share}%), ${figure(perMs * 1000)}/s, ${failed}${left}`
}

/** Shows `progress` from now on; returns what ends that, and leaves the line empty. */
export function showProgress(
  progress: () => Progress,
  stream: Pick<WriteStream, "write" | "isTTY"> = process.stderr,
): () => void {
  const beganMs = performance.now()
  const line = () => progressLine(progress(), performance.now() - beganMs)
  const show = () => stream.write(stream.isTTY ? `\r${line()}\u001b[K` : `pool: ${line()}\n`)
  let isShown = false
  const timer = setInterval(
    () => {
      isShown = true
      show()
    },
    stream.isTTY ? DRAWN_MS : WRITTEN_MS,
  )
  return () => {
    clearInterval(timer)
    if (isShown && stream.isTTY) stream.write("\r\u001b[K")
  }
}
