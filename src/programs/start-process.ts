/**
 * Starts a process, or says why it could not be started. The system has several ways to refuse one (too many processes or
 * files, no memory, no such program), and Node has two ways to tell: it throws, or it hands out a process without a pid
 * that says `error` later and never `exit`.
 */
import type { ChildProcess } from "node:child_process"

/** A process that did start: it has a pid, and will exit. */
export type StartedProcess = ChildProcess & { readonly pid: number }

export type Start =
  | { readonly process: StartedProcess; readonly failed?: undefined }
  /** Resolves with the reason. */
  | { readonly process?: undefined; readonly failed: Promise<NodeJS.ErrnoException> }

/** The process that `start` starts, if it does. */
export function startProcess(start: () => ChildProcess): Start {
  try {
    const process = start()
    if (process.pid !== undefined) return { process: process as StartedProcess }
    return { failed: new Promise((resolve) => process.once("error", resolve)) }
  } catch (error) {
    return { failed: Promise.resolve(error as NodeJS.ErrnoException) }
  }
}
