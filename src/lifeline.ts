/**
 * A shell that learns of our death, in whatever way we die: by kill -9 too, which no exit hook sees. It reads from a
 * pipe that we hold, and the end of what it reads means that we are gone. It costs one idle `sh`, keeps no process
 * from ending, and is not there on systems without one.
 */
import { spawn } from "node:child_process"
import type { Writable } from "node:stream"

/** Starts `script` as `name`, with `args` as `$1`, `$2` and so on. Returns what it reads. */
export function lifeline(script: string, name: string, ...args: readonly string[]): Writable {
  const stdio: ["pipe", "ignore", "ignore"] = ["pipe", "ignore", "ignore"]
  const shell = spawn("/bin/sh", ["-c", script, name, ...args], { detached: true, stdio })
  shell.on("error", () => {})
  shell.stdin.on("error", () => {})
  shell.unref()
  const pipe = shell.stdin as typeof shell.stdin & { unref?: () => void }
  pipe.unref?.()
  return pipe
}
