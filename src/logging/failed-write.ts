/**
 * How a write to our own output fails: because nobody reads any more (the pipe's other end closed, the terminal did),
 * which ends it without a word; or because it can't be kept (a full disk), of which one line is said.
 */
const NO_READER = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED", "EBADF"])

/** Whether a write failed for want of a reader. */
export function isUnread(error: NodeJS.ErrnoException): boolean {
  return NO_READER.has(error.code ?? "")
}

/** What to do about each failed write of `what`: the first one that is no want of a reader is said. */
export function sayOnce(what: string): (error: NodeJS.ErrnoException) => void {
  let isSaid = false
  return (error) => {
    if (isSaid || isUnread(error)) return
    isSaid = true
    process.stderr.write(`pool: ${what} can't be written: ${error.message}\n`)
  }
}
