/**
 * A write, or a read, that is repeated as it is until it is answered, or its time is over. While a stream has no leader
 * nobody answers, or somebody says that there is none: that says nothing about what was asked, and is no loss.
 *
 * An acknowledgement counts whichever try it is for, however late. A refusal counts only if no earlier try may have been
 * done: it may be that one which refuses this.
 */
import { isUnanswered, isUndelivered, PoolError } from "../errors/errors.js"
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import { within } from "../time/within.js"

/** A write was refused, perhaps by an earlier try of its own whose answer did not come. The cause is the refusal. */
export class RefusedInDoubt extends PoolError {
  override readonly name = "RefusedInDoubt"
  override readonly code = "refused-in-doubt"
}

/** The first and the longest pause between two tries, in ms. */
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 250
/** How many tries there are when none has any answer. */
const SILENT_TRIES = 3

/**
 * Settles as the first try of `ask` does that is answered, at the latest after `withinMs`. Throws RefusedInDoubt in place
 * of what refuses it.
 */
export async function untilAnswered<T>(
  clock: Clock,
  withinMs: number,
  ask: () => Promise<T>,
): Promise<T> {
  const untilMs = clock.now().monoMs + withinMs
  const leftMs = () => Math.max(0, untilMs - clock.now().monoMs)
  const pace = new Pace({ clock, firstMs: FIRST_PAUSE_MS, mostMs: LONGEST_PAUSE_MS })
  let settle: (answer: T | Promise<T>) => void = () => {}
  const settled = new Promise<T>((resolve) => {
    settle = resolve
  })
  settled.catch(() => {})
  /** What the first try came to: nothing was done before it, and what follows is refused with it. */
  let refusal: unknown
  for (let isInDoubt = false; ; ) {
    try {
      const tried = ask()
      const isFirst = !isInDoubt
      tried.then(settle, (error) => {
        if (!isFirst || isUnanswered(error)) return
        refusal = error
        settle(tried)
      })
      const tryMs = Math.min(leftMs(), withinMs / SILENT_TRIES)
      return await within(clock, tryMs, Promise.race([settled, tried]))
    } catch (error) {
      if (!isUnanswered(error)) {
        if (!isInDoubt || error === refusal) throw error
        throw new RefusedInDoubt("refused, perhaps by itself", { cause: error })
      }
      isInDoubt ||= !isUndelivered(error)
      if (leftMs() <= pace.nextMs) throw error
    }
    await pace.wait()
  }
}
