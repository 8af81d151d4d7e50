/**
 * Ctrl-C, SIGTERM and a terminal that closes: the first asks to stop kindly, the second insists. A terminal that
 * closes never insists, for both the shell and the system may tell of it.
 */

export interface Interrupts {
  /** Resolves at the first one. */
  readonly first: Promise<void>
  /** Aborts at the first one. */
  readonly signal: AbortSignal
  /** As if the first one had come: the next insists. */
  begin(): void
  /** Listens no more. */
  stop(): void
}

/** Signals closer than this are one that came twice, in ms: npx passes on the Ctrl-C that we heard as well. */
const ECHO_MS = 100

/** Listens for all of them; `insist` is called at each from the second. */
export function interrupts(insist: () => void): Interrupts {
  const asked = new AbortController()
  let lastMs = Number.NEGATIVE_INFINITY
  const first = new Promise<void>((resolve) => {
    asked.signal.addEventListener("abort", () => resolve(), { once: true })
  })
  const heard = () => {
    const nowMs = performance.now()
    const isEcho = nowMs - lastMs < ECHO_MS
    lastMs = nowMs
    if (!asked.signal.aborted) asked.abort()
    else if (!isEcho) insist()
  }
  const closed = () => asked.abort()
  process.on("SIGINT", heard).on("SIGTERM", heard).on("SIGHUP", closed)
  return {
    first,
    signal: asked.signal,
    begin: () => asked.abort(),
    stop: () => {
      process.off("SIGINT", heard).off("SIGTERM", heard).off("SIGHUP", closed)
    },
  }
}
