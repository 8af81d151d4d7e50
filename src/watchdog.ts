/**
 * Ends a process of ours if we die first, in whatever way: by kill -9 too, which no exit hook sees. A
 * shell reads from a pipe that we hold. A line from us dismisses it; the end of the pipe means that we
 * are gone. It costs one idle `sh`, and is not there on systems without one.
 */
import { spawn } from "node:child_process"

// SIGCONT, because a process that is suspended does not see the other signal.
const SCRIPT = `read -r line || { sleep "$2"; kill -TERM "$1"; kill -CONT "$1"; }`

/**
 * Sends SIGTERM to `pid`, `graceSeconds` after the death of this process. Returns what calls the watchdog
 * off: call it when `pid` has ended, before the system gives its number to another process.
 */
export function stopIfWeDie(pid: number, graceSeconds: number): () => void {
  const args = ["-c", SCRIPT, "pool-watchdog", String(pid), String(graceSeconds)]
  const watchdog = spawn("/bin/sh", args, { detached: true, stdio: ["pipe", "ignore", "ignore"] })
  watchdog.on("error", () => {})
  watchdog.stdin.on("error", () => {})
  watchdog.unref()
  const pipe = watchdog.stdin as typeof watchdog.stdin & { unref?: () => void }
  pipe.unref?.()
  return () => pipe.end("dismissed\n")
}
