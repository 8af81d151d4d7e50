/**
 * A shell that learns of our death, in whatever way we die: by kill -9 too, which no exit hook sees. It reads from a
 * pipe that we hold, and the end of what it reads means that we are gone. It costs one idle `sh`, keeps no process
 * from ending, and is not there on systems without one, or that can't start one more.
 */
import { spawn } from "node:child_process"
import { Writable } from "node:stream"
import { startProcess } from "./start-process.js"

/** Starts `script` as `name`, with `args` as `$1`, `$2` and so on. Returns what it reads. */
export function lifeline(script: string, name: string, ...args: readonly string[]): Writable {
  const command = ["-c", script, name, ...args]
  const { process: shell } = startProcess(() =>
    spawn("/bin/sh", command, { detached: true, stdio: ["pipe", "ignore", "ignore"] }),
  )
  if (!shell?.stdin) return new Writable({ write: (_chunk, _encoding, done) => done() })
  shell.on("error", () => {})
  shell.stdin.on("error", () => {})
  shell.unref()
  const pipe = shell.stdin as Writable & { unref?: () => void }
  pipe.unref?.()
  return pipe
}
