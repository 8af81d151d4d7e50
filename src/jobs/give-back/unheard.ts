/**
 * Waits until the server knows that a dead process hears nothing any more: before that it might hand what is given back in
 * its name to its connection, where it lies until its lease is over.
 */
import type { Bus } from "../../contracts/bus.js"
import { isTimeout } from "../../errors/errors.js"
import type { Clock } from "../../time/clock.js"

/** How long one question waits for a server that has not noticed yet, in ms. */
const QUESTION_MS = 10
/** How long that may take, in ms: there are those who listen to everything, and answer nothing. */
const MOST_MS = 50
const NOTHING = new Uint8Array()

/** Resolves when nobody hears `subject`, which only the dead one heard, or when that can't be found out. */
export async function unheard(
  bus: Pick<Bus, "request">,
  subject: string,
  clock: Clock,
): Promise<void> {
  const untilMs = clock.now().monoMs + MOST_MS
  while (clock.now().monoMs < untilMs) {
    try {
      return void (await bus.request(subject, NOTHING, { timeout: QUESTION_MS }))
    } catch (error) {
      if (!isTimeout(error)) return
    }
  }
}
