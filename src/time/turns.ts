/**
 * Turns of the event loop, for what falls due for thousands of requests in the same moment: so many go on at once, those
 * after them in the next turn, in the order in which they came. In between whatever else the process does has its turn.
 */

/** So many go on in one turn: a few milliseconds of it. */
export const MOST_A_TURN = 500

export class Turns {
  #taken = 0
  readonly #waiting: (() => void)[] = []

  /** Undefined if there is room in this turn; else it resolves when there is. */
  take(): Promise<void> | undefined {
    if (this.#taken === MOST_A_TURN) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#count()
    return undefined
  }

  #count(): void {
    if (this.#taken === 0) setImmediate(() => this.#next())
    this.#taken += 1
  }

  #next(): void {
    this.#taken = 0
    for (const resolve of this.#waiting.splice(0, MOST_A_TURN)) {
      this.#count()
      resolve()
    }
  }
}
