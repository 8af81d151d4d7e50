/**
 * Waits for a server that is not there yet: at boot, and in compose files, whoever needs it may begin before it. What
 * only time can mend is tried again until the time is over, then it is the error that it was: nobody listens, somebody
 * listens who is no server yet, JetStream is not ready. What is wrong with names, credentials or TLS is said at once.
 */
import ms from "ms"
import { callSafely } from "../contracts/safe-call.js"
import { unawaited } from "../contracts/unawaited.js"
import { isNotReady, PoolError, reasonOf } from "../errors/errors.js"
import { Pace } from "../time/pace.js"
import { systemClock } from "../time/system-clock.js"

/** How to wait for a server. */
export interface ServerWait {
  /** How long to wait for a server that is not there, or whose JetStream is not, in ms. Default 0: it is an error. */
  readonly waitMs?: number | undefined
  /** Told, once, what is waited for. */
  readonly onWait?: ((what: string) => void) | undefined
  /** Gives up connecting, and waiting; then its reason is thrown. */
  readonly signal?: AbortSignal | undefined
}

/** The first and the longest pause between two tries, in ms. */
const FIRST_MS = 100
const LONGEST_MS = 2_000
const PASSING = new Set(["no-server", "not-nats", "connection-refused", "no-jetstream"])

/**
 * What `attempt` resolves with, tried again as long as `wait` allows. Throws what the last one threw. `discard` gets what
 * comes after `signal` has fired.
 */
export async function waitingFor<T>(
  { waitMs = 0, onWait, signal }: ServerWait,
  attempt: () => Promise<T>,
  discard: (late: T) => unknown,
): Promise<T> {
  const nowMs = () => systemClock.now().monoMs
  const untilMs = nowMs() + waitMs
  const pace = new Pace({ clock: systemClock, firstMs: FIRST_MS, mostMs: LONGEST_MS })
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted()
    try {
      return await unlessAborted(attempt(), signal, discard)
    } catch (error) {
      if (waitMs === 0 || signal?.aborted || !isPassing(error)) throw error
      // What the program's own callback throws is its own business.
      const tell = () =>
        unawaited(onWait?.(`waiting up to ${ms(waitMs)}, for: ${reasonOf(error)}`), () => {})
      if (tries === 1) callSafely(tell, () => {})
      const limitMs = untilMs - nowMs()
      if (limitMs <= 0) throw inVain(error, waitMs)
      await pace.wait({ limitMs, ...(signal && { signal }) })
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof PoolError ? PASSING.has(error.code) : isNotReady(error)
}

function inVain(error: unknown, waitMs: number): unknown {
  const said = `waited ${ms(waitMs)} in vain: ${reasonOf(error)}`
  return error instanceof PoolError
    ? Object.assign(error, { message: said })
    : new PoolError(said, { cause: error })
}

function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  discard: (late: T) => unknown,
): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason)
      work.then(discard).catch(() => {})
    }
    signal.addEventListener("abort", abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort))
  })
}
