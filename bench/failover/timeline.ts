/**
 * The timeline of a change of leader, as its requester hears it: the word that the reign is over, the claim of the heir
 * on its way into the bucket, and the first answer. Their distances say who takes how long: until the word it is the last
 * leader, or the witness of its death, from there to the claim the heir, and from the claim on the server and the heir.
 */
import type { NatsConnection } from "nats"

/** In ms; together they are the gap. */
export interface Spans {
  /** From the last answer of one leader to the word. */
  readonly toWord: number
  /** From the word to the claim. */
  readonly toClaim: number
  /** From the claim to the first answer of the next leader. */
  readonly toAnswer: number
}

export class Timeline {
  #wordMs: number | undefined
  #claimMs: number | undefined

  constructor(connection: NatsConnection, pool: string) {
    connection.subscribe(`${pool}.heir.>`, {
      callback: (_error, { subject }) => {
        // What is told to many heirs at once is no word.
        if (subject === `${pool}.heir.all`) return
        this.#wordMs = performance.now()
        this.#claimMs = undefined
      },
    })
    // A pool's bucket has a name of its own, the barest one that of its pool.
    for (const bucket of [pool, `pool_${pool}`]) {
      connection.subscribe(`$KV.${bucket}.leader`, {
        callback: () => {
          if (this.#wordMs !== undefined) this.#claimMs ??= performance.now()
        },
      })
    }
  }

  /** Of the change between these two answers; undefined if nobody gave a word. */
  between(lastMs: number, firstMs: number): Spans | undefined {
    const [wordMs, claimMs] = [this.#wordMs, this.#claimMs]
    this.#wordMs = undefined
    if (wordMs === undefined || claimMs === undefined) return undefined
    return { toWord: wordMs - lastMs, toClaim: claimMs - wordMs, toAnswer: firstMs - claimMs }
  }
}
