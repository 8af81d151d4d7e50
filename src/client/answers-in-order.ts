/**
 * Many requests as a pipe: payloads go in, answers come out in the order of their payloads. At most `concurrency` requests
 * are under way, and at most as many answers more wait for an earlier one or to be taken: then no further payload is asked
 * for, so whoever takes answers slowly slows down who gives payloads, and memory has a bound.
 *
 * The first request that fails ends it, as does what the payloads throw, a signal, and who takes no more. Nothing is begun
 * after that, what is under way is given up, and the answers up to the first gap still come out.
 */
import { unawaited } from "../contracts/unawaited.js"

/** Payloads: a list, or whatever else can be iterated, also if it takes time. */
export type Payloads = Iterable<unknown> | AsyncIterable<unknown>

export interface PipeOptions<Answer> {
  readonly payloads: Payloads
  readonly concurrency: number
  readonly ask: (payload: unknown) => Promise<Answer>
  /** It is over: give up what is under way. `reason` is what it failed with, if it did. */
  readonly end: (reason: unknown) => void
  readonly signal: AbortSignal | undefined
}

/** The place of an answer in the order. */
interface Place<Answer> {
  answer?: Answer
}

export async function* answersInOrder<Answer>(
  options: PipeOptions<Answer>,
): AsyncGenerator<Answer, void, undefined> {
  const pipe = new Pipe(options)
  try {
    unawaited(pipe.fill())
    for (let next = await pipe.next(); next; next = await pipe.next()) yield next.answer
  } finally {
    await pipe.close()
  }
}

class Pipe<Answer> {
  readonly #options: PipeOptions<Answer>
  readonly #payloads: Iterator<unknown> | AsyncIterator<unknown>
  /** Those under way, and those whose answer was not taken yet, the oldest first. */
  readonly #places: Place<Answer>[] = []
  #underWay = 0
  /** A payload is being waited for. */
  #isReading = false
  /** There are no further payloads: they said so, or threw. */
  #hasEnded = false
  /** No further payloads are asked for: there are none, or none are wanted. */
  #isDry = false
  #isOver = false
  #failed: { readonly error: unknown } | undefined
  #changed: () => void = () => {}
  #roomMade: () => void = () => {}
  readonly #aborted = () => this.#fail(this.#options.signal?.reason)

  constructor(options: PipeOptions<Answer>) {
    const { payloads, signal } = options
    this.#options = options
    this.#payloads =
      Symbol.asyncIterator in payloads
        ? payloads[Symbol.asyncIterator]()
        : payloads[Symbol.iterator]()
    if (signal?.aborted) this.#aborted()
    else signal?.addEventListener("abort", this.#aborted)
  }

  /** Asks for as long as there are payloads. */
  async fill(): Promise<void> {
    try {
      while (!this.#isDry) {
        this.#isReading = true
        const { value, done } = await this.#payloads.next()
        this.#isReading = false
        this.#hasEnded = done === true
        if (done || this.#isDry) break
        unawaited(this.#ask(value))
        while (!this.#isDry && this.#isFull()) await this.#untilRoom()
      }
    } catch (error) {
      this.#hasEnded = true
      this.#fail(error)
    }
    this.#isDry = true
    this.#changed()
  }

  /** The next answer; undefined after the last. Throws what ended it. */
  async next(): Promise<{ readonly answer: Answer } | undefined> {
    for (;;) {
      const [first] = this.#places
      if (first && "answer" in first) {
        this.#places.shift()
        this.#roomMade()
        return first as { answer: Answer }
      }
      if (this.#failed) throw this.#failed.error
      if (this.#isDry && !first) return undefined
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  async close(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#aborted)
    this.#end(undefined)
    if (this.#hasEnded) return
    const returned = this.#payloads.return?.()
    // Who gives payloads may take for ever over the one that is no longer wanted.
    if (this.#isReading) unawaited(returned)
    else await returned
  }

  async #ask(payload: unknown): Promise<void> {
    const place: Place<Answer> = {}
    this.#places.push(place)
    this.#underWay += 1
    try {
      place.answer = await this.#options.ask(payload)
    } catch (error) {
      this.#fail(error)
    }
    this.#underWay -= 1
    this.#roomMade()
    this.#changed()
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#failed = { error }
    this.#end(error)
    this.#changed()
  }

  #end(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#isDry = true
    this.#roomMade()
    this.#options.end(reason)
  }

  #isFull(): boolean {
    const { concurrency } = this.#options
    return this.#underWay >= concurrency || this.#places.length >= 2 * concurrency
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomMade = resolve
    })
  }
}
