/** Promises that come from elsewhere, and those that nobody awaits. */

/** Whether `value` is a promise, of any library. Throws what its getter throws. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === "function"
}

/** Lets `value` run on if it is a promise; `failed` is told of its rejection, which would end the process otherwise. */
export function unawaited(value: unknown, failed: (thrown: unknown) => void): void {
  if (isPromise(value)) Promise.resolve(value).catch(failed)
}

/** Whether `value` is a promise, where none is wanted: whatever becomes of it, nobody waits. Throws as `isPromise` does. */
export function isLetGo(value: unknown): boolean {
  if (!isPromise(value)) return false
  unawaited(value, () => {})
  return true
}
