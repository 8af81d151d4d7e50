/**
 * Promises that nobody awaits. A rejection that nobody hears ends the process, and with it a leader: so whatever is let run
 * goes through `unawaited`, which says so instead. The linter finds what does not.
 */
import { stackOf } from "../errors/thrown.js"
import { isPromise } from "../time/promised.js"
import type { Report } from "./troubles.js"

/**
 * Lets `value` run on if it is a promise; `failed` is told of its rejection. Without `failed` Node warns: for what can't
 * fail but by a mistake of ours, where nobody takes reports.
 */
export function unawaited(value: unknown, failed: (thrown: unknown) => void = warnOf): void {
  if (!isPromise(value)) return
  Promise.resolve(value).catch((thrown) => {
    try {
      failed(thrown)
    } catch (error) {
      warnOf(error)
    }
  })
}

/** Has `report` told of what can't fail but by a mistake of ours. */
export function unexpected(report: Report): (thrown: unknown) => void {
  return (thrown) => report("something failed that never should; it goes on without", thrown)
}

/** Has Node warn of what was thrown, with its stack. */
export function warnOf(thrown: unknown): void {
  process.emitWarning(stackOf(thrown), "PoolWarning")
}
