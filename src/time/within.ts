/** Limits to waiting, and pauses, on any clock. */
import { PoolError } from "../errors/errors.js"
import type { Clock } from "./clock.js"

/** What was waited for did not come in time. */
export class NoAnswer extends PoolError {
  override readonly name = "NoAnswer"
  override readonly code = "no-answer"
  constructor(readonly waitedMs: number) {
    super(`no answer within ${waitedMs} ms`)
  }
}

/** Settles as `work` does, or rejects after `ms`. What `work` does later is ignored. */
export function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new NoAnswer(ms)))
    work.then(resolve, reject).finally(cancel)
  })
}

/** Resolves after `ms`, or as soon as `signal` fires. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      cancel()
      signal?.removeEventListener("abort", end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal?.addEventListener("abort", end)
  })
}
