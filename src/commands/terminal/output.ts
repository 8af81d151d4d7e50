/** What we print, and the moment from which nobody reads it: the pipe's other end closed, or the terminal did. */
import { closeSync, openSync } from "node:fs"
import { isatty } from "node:tty"
import { isUnread, sayOnce } from "../../logging/failed-write.js"
import { EXIT } from "./exit.js"

const controller = new AbortController()

/** Aborts when standard output can't be written any more, or nobody reads it, as in `pool work --count 100 | head -n 1`. */
export const unread: AbortSignal = controller.signal

/**
 * From now on a reader that went away is no reason to crash, and neither is a full disk: that is said in one line, and the
 * exit code tells of it as well.
 */
export function outliveReaders(): void {
  const say = sayOnce("standard output")
  let isFull = false
  // There is nowhere left to say it.
  process.stderr.on("error", () => {})
  process.stdout.on("error", (error) => {
    say(error)
    controller.abort()
    isFull ||= !isUnread(error)
  })
  process.once("exit", () => {
    if (isFull) process.exitCode ||= EXIT.failed
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
