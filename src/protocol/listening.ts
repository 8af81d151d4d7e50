/**
 * The one way in which a pool listens. Nothing that `hear` throws leaves the callback: it would cost the connection, which
 * is deaf for seconds after that. It is reported, and where somebody asked and `seal` can answer, with a 500.
 */
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import { errorOf } from "../errors/thrown.js"
import { failureOf, type Seal } from "./reply.js"

export interface ListeningOptions {
  readonly queue?: string
  /** Told of a subscription that the server refuses, and of what `hear` threw. */
  readonly onProblem?: ((problem: Error) => void) | undefined
  /** In whose name a request is answered that `hear` threw at. */
  readonly seal?: Seal
}

/** Subscribes to `subject`, and hands on what arrives. Throws what the connection throws. */
export function listen(
  bus: Bus,
  subject: string,
  hear: (message: BusMessage) => void,
  { queue, onProblem, seal }: ListeningOptions = {},
): BusSubscription {
  const callback = (refused: Error | null, message: BusMessage) => {
    try {
      if (refused) return onProblem?.(refused)
      hear(message)
    } catch (error) {
      attempt(() => onProblem?.(errorOf(error)))
      // Whether it was done before that, nobody knows.
      attempt(() => seal?.refuse(message, { ...failureOf(error), status: 500, outcome: "unknown" }))
    }
  }
  return bus.subscribe(subject, { ...(queue && { queue }), callback })
}

function attempt(act: () => void): void {
  try {
    act()
  } catch {
    // The connection is closed: there is nobody left to tell.
  }
}
