/** Calls of code that may throw, from where nobody could catch it. */
import type { WatchListener } from "./bucket.js"
import { warnOf } from "./unawaited.js"

/** Calls `act`; `failed` is told of what it throws. */
export function callSafely(act: () => void, failed: (thrown: unknown) => void = warnOf): void {
  try {
    act()
  } catch (error) {
    failed(error)
  }
}

/** `listener`, who may throw at an entry and hears those that follow all the same. */
export function safeListener(listener: WatchListener): WatchListener {
  return {
    heard: (entry) => callSafely(() => listener.heard(entry)),
    caughtUp: () => callSafely(() => listener.caughtUp?.()),
    restart: () => callSafely(() => listener.restart?.()),
  }
}
