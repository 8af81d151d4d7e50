/** The limits of a worker, looked at before anything is opened for it. */
import { checkedStall } from "../observe/loop-watch.js"
import { checkedHandlerTimeout } from "../work/requests.js"
import { checkedConcurrency } from "../work/simple-work.js"

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
