/** Ends a process of ours if we die first, in whatever way. A line from us dismisses the shell that waits for that. */
import { lifeline } from "./lifeline.js"

// SIGCONT, because a process that is suspended does not see the other signal.
const SCRIPT = `read -r line || { sleep "$2"; kill -TERM "$1"; kill -CONT "$1"; }`

/**
 * Sends SIGTERM to `pid`, `graceSeconds` after the death of this process. Returns what calls the watchdog
 * off: call it when `pid` has ended, before the system gives its number to another process.
 */
export function stopIfWeDie(pid: number, graceSeconds: number): () => void {
  const watchdog = lifeline(SCRIPT, "pool-watchdog", String(pid), String(graceSeconds))
  return () => watchdog.end("dismissed\n")
}
