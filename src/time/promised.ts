/** Promises that come from elsewhere. */

/** Whether `value` is a promise, of any library. Throws what its getter throws. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === "function"
}

/** Whether `value` is a promise, where none is wanted: whatever becomes of it, nobody waits. Throws as `isPromise` does. */
export function isLetGo(value: unknown): boolean {
  if (!isPromise(value)) return false
  Promise.resolve(value).catch(() => {})
  return true
}
