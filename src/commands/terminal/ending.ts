/** How a command ends that failed: its exit code, and the one line that its error gets. */
import { clean } from "../../dashboard/drawing/clean.js"
import { refusalIn } from "../../errors/client-errors.js"
import { isTimeout, PoolError } from "../../errors/errors.js"
import { firstLineOf, isA, stackOf, textOf } from "../../errors/thrown.js"
import { EXIT } from "./exit.js"

const NOBODY = new Set(["no-server", "no-workers", "no-leader", "no-member", "nobody-else"])
const USAGE = new Set(["bad-input", "bad-handler", "several-members"])

/** Whatever else is asked is answered in words of its own. */
const SILENT =
  "JetStream did not answer in time: it is busy, or has no leader yet; try again, or see: pool doctor"

/** The exit code for `error`. */
export function exitCodeOf(error: unknown): number {
  const code = textOf(error, "code") ?? ""
  if (NOBODY.has(code)) return EXIT.nobody
  return USAGE.has(code) ? EXIT.usage : EXIT.failed
}

/** What is said of `error`: one line, or the whole stack where that was asked for. */
export function sayingOf(error: unknown, isVerbose: boolean): string {
  if (isVerbose) return `pool: ${stackOf(error)}`
  if (isTimeout(error)) return `pool: ${SILENT}`
  const told = refusalIn(error)
  const line = clean(firstLineOf(told))
  return isA(told, PoolError) ? `pool: ${line}` : `pool: ${line} (more with --verbose)`
}
