/** What we print, and the moment from which nobody reads it: the pipe's other end closed, or the terminal did. */

const controller = new AbortController()

/** Aborts when nobody reads standard output any more, as in `pool work --count 100 | head -n 1`. */
export const unread: AbortSignal = controller.signal

/** How a write fails when there is nobody to read it. */
const NO_READER = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"])

/** From now on a reader that went away is no reason to crash. */
export function outliveReaders(): void {
  const lose = (error: NodeJS.ErrnoException) => {
    if (!NO_READER.has(error.code ?? "")) throw error
  }
  process.stderr.on("error", lose)
  process.stdout.on("error", (error) => {
    lose(error)
    controller.abort()
  })
}
