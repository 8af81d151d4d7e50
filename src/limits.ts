/** The limits of a worker, looked at before anything is opened for it. */
import { checkedStall } from "./loop-watch.js"
import { checkedHandlerTimeout } from "./requests.js"
import { checkedConcurrency } from "./simple-work.js"

export interface Limits {
  readonly concurrency?: number | undefined
  readonly handlerTimeoutMs?: number | undefined
  readonly maxStallMs?: number | undefined
}

/** Throws BadInput for a limit that cannot work; those that are not given have defaults that do. */
export function checkLimits({ concurrency, handlerTimeoutMs, maxStallMs }: Limits): void {
  if (concurrency !== undefined) checkedConcurrency(concurrency)
  if (handlerTimeoutMs !== undefined) checkedHandlerTimeout(handlerTimeoutMs)
  if (maxStallMs !== undefined) checkedStall(maxStallMs)
}
