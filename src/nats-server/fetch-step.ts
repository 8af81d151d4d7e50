/** The ways in which a nats-server can be fetched, and their names on the command line. */

/**
 * A way of fetching: a release, the package of this machine's distribution, the package of a suite of
 * Debian (`debian:bookworm`, `debian:testing`), or the Go toolchain.
 */
export type FetchStep = "release" | "debian" | `debian:${string}` | "go"

/** What is tried where nothing is named, in this order. */
export const DEFAULT_STEPS: readonly FetchStep[] = ["release", "debian", "go"]

/** Whether `text` names a way of fetching. */
export function isFetchStep(text: string): text is FetchStep {
  return DEFAULT_STEPS.includes(text as FetchStep) || /^debian:[a-z][a-z-]*$/.test(text)
}
