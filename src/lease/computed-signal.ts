/**
 * A signal that is computed when it is read, like leading itself. A signal fires by a timer or a message, and in a
 * process that was frozen both come late: older timers of the program ring first, and would read that nothing has
 * happened. So whoever reads `aborted`, `reason` or `throwIfAborted()` here has the clocks compared, and the signal
 * fires there and then if its time is over.
 *
 * Its listeners, and what was made of it with `AbortSignal.any`, still hear of it only when it fires.
 */
const { get: aborted } = inherited("aborted")
const { get: reason } = inherited("reason")

/** The signal of `controller`, which calls `look` before each reading. That may abort it. */
export function computedSignal(controller: AbortController, look: () => void): AbortSignal {
  const { signal } = controller
  const isAborted = () => {
    // What has fired stays so, and need not be asked again.
    if (!aborted?.call(signal)) look()
    return aborted?.call(signal)
  }
  const why = () => (isAborted() ? reason?.call(signal) : undefined)
  return Object.defineProperties(signal, {
    aborted: { get: isAborted },
    reason: { get: why },
    throwIfAborted: {
      value: () => {
        if (isAborted()) throw why()
      },
    },
  })
}

function inherited(property: "aborted" | "reason"): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(AbortSignal.prototype, property) ?? {}
}
