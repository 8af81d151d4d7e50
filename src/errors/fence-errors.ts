/** What can go wrong when a leader publishes behind a fence. */
import { PoolError } from "./errors.js"

/** The server refused what was published: a later reign has begun. Nothing was stored. */
export class FencedOff extends PoolError {
  override readonly name = "FencedOff"
  override readonly code = "fenced-off"
  constructor(
    /** The term in which it was published. */
    readonly term: number,
    /** The term of the reign that has begun since; undefined if that is not known. */
    readonly laterTerm: number | undefined,
    options?: ErrorOptions,
  ) {
    const later = laterTerm === undefined ? "a later reign" : `the reign with term ${laterTerm}`
    super(`refused: ${later} has begun since term ${term}; nothing was stored`, options)
  }
}

/** There is no server that could keep a fence. */
export class NoFence extends PoolError {
  override readonly name = "NoFence"
  override readonly code = "no-fence"
  constructor(readonly pool: string) {
    super(`leadership.publish: pool "${pool}" is inside this process, and has no stream`)
  }
}
