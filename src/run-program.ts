/** Runs a program to its end and hands back what it wrote; what fails is told in one line. */
import { type ExecFileException, execFile } from "node:child_process"
import { PoolError } from "./errors.js"

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
    execFile(file, args, { ...limits, cwd, env, signal }, (error, stdout, stderr) => {
      if (!error) resolve(stdout)
      else reject(new PoolError(whatFailed(file, error, stderr), { cause: error }))
    })
  })
}

function whatFailed(file: string, error: ExecFileException, stderr: string): string {
  if (error.code === "ENOENT") return `there is no ${file} on this machine`
  if (error.name === "AbortError") return `${file} was interrupted`
  const lastWords = stderr.trim().split("\n").at(-1)?.trim().slice(0, 300)
  if (lastWords) return `${file}: ${lastWords}`
  return error.killed ? `${file} took too long` : `${file} ended with code ${error.code}`
}
