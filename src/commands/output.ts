/** What we print, and the moment from which nobody reads it: the pipe's other end closed, or the terminal did. */
import { closeSync, openSync } from "node:fs"
import { isatty } from "node:tty"

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

/**
 * From now on a terminal that closes is no reason to crash either. Node sets the terminals that it began with back as
 * they were when it ends, and aborts where that fails; it leaves alone what is another file by then.
 */
export function outliveTerminal(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd))
  process.on("exit", () => {
    const hungUp = terminals.filter((fd) => !isatty(fd))
    for (const fd of hungUp) closeSync(fd)
    // What is opened gets the lowest number that is free.
    for (const _ of hungUp) openSync("/dev/null", "r+")
  })
}
