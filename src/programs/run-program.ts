/** Runs a program to its end and hands back what it wrote; what fails is told in one line. */
import { type ExecFileException, execFile } from "node:child_process"
import { unawaited } from "../contracts/unawaited.js"
import { PoolError } from "../errors/errors.js"
import { startProcess } from "./start-process.js"

export interface RunOptions {
  cwd?: string
  env: Readonly<Record<string, string | undefined>>
  signal?: AbortSignal
  /** Default 10 minutes. */
  timeoutMs?: number
}

/** Standard output of `file` with `args`. Throws a PoolError that ends in the program's last words. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const { timeoutMs: timeout = 600_000, cwd, signal } = options
  const env = { ...options.env } as NodeJS.ProcessEnv
  return new Promise((resolve, reject) => {
    const limits = { timeout, maxBuffer: 16 * 1024 * 1024 }
    const fail = (error: ExecFileException, stderr = "") =>
      reject(new PoolError(whatFailed(file, error, stderr), { cause: error }))
    const { failed } = startProcess(() =>
      execFile(file, args, { ...limits, cwd, env, signal }, (error, stdout, stderr) =>
        error ? fail(error, stderr) : resolve(stdout),
      ),
    )
    unawaited(failed?.then(fail))
  })
}

function whatFailed(file: string, error: ExecFileException, stderr: string): string {
  if (error.code === "ENOENT") return `there is no ${file} on this machine`
  if (error.name === "AbortError") return `${file} was interrupted`
  const lastWords = stderr.trim().split("\n").at(-1)?.trim().slice(0, 300)
  if (lastWords) return `${file}: ${lastWords}`
  // A number is how it ended, a name is why it could not begin.
  if (typeof error.code === "string") return `${file} can't be started: ${error.message}`
  return error.killed ? `${file} took too long` : `${file} ended with code ${error.code}`
}
