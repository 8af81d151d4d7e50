/** How far away the bucket is: how long a question takes to be answered. */
import { systemClock } from "../time/system-clock.js"
import { within } from "../time/within.js"

/** Who is nearer is asked once, in ms: nothing depends on how near. */
const NEAR_MS = 10

/**
 * How long what `ask` asks takes to be answered, in ms: the least of three tries, for a machine that is busy is not far
 * away. Undefined if there is no answer within `withinMs`.
 */
export async function tripMsOf(
  ask: () => Promise<unknown>,
  withinMs: number,
): Promise<number | undefined> {
  const timed = async () => {
    const beganMs = performance.now()
    await ask()
    return performance.now() - beganMs
  }
  const measure = async () => {
    const first = await timed()
    return first < NEAR_MS ? first : Math.min(first, ...(await Promise.all([timed(), timed()])))
  }
  return within(systemClock, withinMs, measure()).catch(() => undefined)
}
