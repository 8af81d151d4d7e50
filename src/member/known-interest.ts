/**
 * Whether the server of one connection knows what was subscribed to on another one: servers tell each other, each after its own
 * in order, so who is heard on a subject that was subscribed to last is heard on all that came before.
 */
import type { Bus } from "../contracts/bus.js"
import { listen } from "../protocol/listening.js"
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"

/** The first and the longest pause between two tries, in ms. */
const FIRST_MS = 2
const MOST_MS = 50

export interface InterestOptions {
  /** Where it has to be known. */
  readonly from: Bus
  /** Where it was subscribed to. */
  readonly to: Bus
  /** A subject that nobody else uses. */
  readonly subject: string
  readonly clock: Clock
  readonly withinMs: number
}

/** Resolves with true once it knows, and with false if it doesn't in time. Throws what the connections throw. */
export async function isInterestKnown(options: InterestOptions): Promise<boolean> {
  const { from, to, subject, clock, withinMs } = options
  const untilMs = clock.now().monoMs + withinMs
  const pace = new Pace({ clock, firstMs: FIRST_MS, mostMs: MOST_MS })
  let isKnown = false
  const hearing = listen(to, subject, () => {
    isKnown = true
    pace.hurry()
  })
  try {
    for (;;) {
      from.publish(subject)
      const leftMs = untilMs - clock.now().monoMs
      await pace.wait({ limitMs: leftMs })
      if (isKnown || leftMs <= 0) return isKnown
    }
  } finally {
    hearing.unsubscribe()
  }
}
