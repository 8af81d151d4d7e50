/** Whether the pool can be reached, and how long it takes there and back. */
import type { NatsConnection } from "nats"
import { followConnection } from "../contracts/connection-watch.js"
import { unawaited } from "../contracts/unawaited.js"
import type { ConnectionState } from "./world/source.js"

const ROUND_TRIP_EVERY_MS = 2_000

/** Tells `told` at once, when the connection is lost or back, and of a new round trip now and then, until it is ended. */
export function watchConnection(
  connection: NatsConnection,
  told: (state: ConnectionState) => void,
): () => void {
  let isUp = true
  const ask = () => {
    // The library's own rtt() counts whole milliseconds.
    const sentMs = performance.now()
    const answered = () => isUp && told({ isUp, roundTripMs: performance.now() - sentMs })
    unawaited(connection.flush().then(answered, ignored))
  }
  ask()
  const unfollow = followConnection(connection, (isUpNow) => {
    isUp = isUpNow
    told({ isUp })
    if (isUp) ask()
  })
  const timer = setInterval(ask, ROUND_TRIP_EVERY_MS)
  return () => {
    clearInterval(timer)
    unfollow()
  }
}

/** What fails because the connection is away is told by the connection's own events. */
function ignored(): void {}
