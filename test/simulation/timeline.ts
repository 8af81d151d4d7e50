/**
 * Virtual time: what will happen, in order. Things due at the same instant happen in the order in which they were
 * arranged, so a run is the same each time.
 */
import type { Cancel } from "../../src/time/clock.js"

interface Item {
  readonly atMs: number
  readonly order: number
  run: (() => void) | undefined
}

/**
 * How many turns of the microtask queue must pass without anything new being arranged before all promises count as
 * settled. The longest chain of promises in the code under test is well below; `timeline.test.ts` checks that.
 */
const QUIET_TURNS = 12

export class Timeline {
  nowMs = 0
  readonly #heap: Item[] = []
  #arranged = 0

  /** How much was arranged so far. */
  get arranged(): number {
    return this.#arranged
  }

  /** Has `run` happen at `atMs`, or now if that is past. */
  at(atMs: number, run: () => void): Cancel {
    const item: Item = { atMs: Math.max(atMs, this.nowMs), order: this.#arranged++, run }
    this.#push(item)
    return () => {
      item.run = undefined
    }
  }

  /** Lets the next thing happen, if it is due by `untilMs`; false if there is none. */
  next(untilMs: number): boolean {
    for (;;) {
      const first = this.#heap[0]
      if (!first || first.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs)
        return false
      }
      this.#pop()
      if (!first.run) continue
      this.nowMs = first.atMs
      first.run()
      return true
    }
  }

  /** Resolves when no promise has anything left to do at this instant. */
  async settle(): Promise<void> {
    let before = this.#arranged
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await null
      if (this.#arranged === before) continue
      before = this.#arranged
      quiet = -1
    }
  }

  #push(item: Item): void {
    const heap = this.#heap
    let at = heap.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent] as Item, item)) break
      heap[at] = heap[parent] as Item
      at = parent
    }
    heap[at] = item
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Item
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Item, heap[child] as Item)) child++
      if (isBefore(last, heap[child] as Item)) break
      heap[at] = heap[child] as Item
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Item, b: Item): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
