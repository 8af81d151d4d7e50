/**
 * Notices that the event loop stood still: that what was to happen at a certain time happened much later. It can tell
 * only once the loop moves again, up to a quarter of the limit late.
 */
import type { Cancel, Clock } from "./clock.js"
import { BadInput } from "./errors.js"

/** What is shorter can't be told from a timer that is a little late. */
export const SHORTEST_STALL_MS = 40
const LOOKS_PER_LIMIT = 4

/**
 * Calls `onStall`, with how long in ms, each time the event loop stood still for longer than `limitMs`, until it is
 * cancelled; never where there is no limit. Throws BadInput for a limit that no timer can tell.
 */
export function watchForStalls(
  clock: Clock,
  limitMs: number | undefined,
  onStall: (stalledMs: number) => void,
): Cancel {
  if (limitMs === undefined) return () => {}
  if (!(limitMs >= SHORTEST_STALL_MS && limitMs < 2 ** 31)) {
    throw new BadInput("longest stall", `${SHORTEST_STALL_MS} ms or more`, limitMs)
  }
  const everyMs = limitMs / LOOKS_PER_LIMIT
  let cancel: Cancel = () => {}
  const look = () => {
    const beforeMs = clock.now().monoMs
    cancel = clock.after(everyMs, () => {
      const lateMs = clock.now().monoMs - beforeMs - everyMs
      look()
      if (lateMs > limitMs) onStall(lateMs)
    })
  }
  look()
  return () => cancel()
}
