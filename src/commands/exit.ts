/** How the commands end: their exit codes, and the one line that an error gets. */
import { clean } from "../dashboard/line.js"
import { PoolError } from "../errors.js"

/** The exit codes, for scripts. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** It failed, or a worker answered with an error. */
  failed: 1,
  /** The command line can't be used. */
  usage: 2,
  /** Nobody is there: no server, no workers, or no leader. */
  nobody: 3,
  /** Ctrl-C, where something was left undone; as a shell says it. */
  interrupted: 130,
} as const

const NOBODY = new Set(["no-server", "no-workers", "no-leader", "no-member"])
const USAGE = new Set(["bad-input", "bad-handler", "several-members"])

/** The exit code for `error`. */
export function exitCodeOf(error: unknown): number {
  const { code } = error as { code?: unknown }
  if (NOBODY.has(String(code))) return EXIT.nobody
  return USAGE.has(String(code)) ? EXIT.usage : EXIT.failed
}

/** What is said of `error`: one line, or the whole stack where that was asked for. */
export function sayingOf(error: unknown, isVerbose: boolean): string {
  if (isVerbose && error instanceof Error) return `pool: ${withCauses(error)}`
  const { message } = error as Error
  const line = clean((message || String(error)).split("\n")[0] as string)
  return error instanceof PoolError ? `pool: ${line}` : `pool: ${line} (more with --verbose)`
}

function withCauses(error: Error): string {
  const { stack, cause } = error
  const own = stack ?? error.message
  return cause instanceof Error ? `${own}\ncaused by: ${withCauses(cause)}` : own
}
