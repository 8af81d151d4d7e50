/** What a fake pool has to do: requests of others that come in waves, and the statistics about them. */

import type { Counters } from "../../../src/dashboard/world/source.js"
import type { Cancel, Clock } from "../../../src/time/clock.js"
import type { FakeMember, FakePool } from "./fake-pool.js"

/** How often the statistics come. */
const COUNTERS_MS = 500

export class FakeLoad {
  readonly #fake: FakePool
  readonly #clock: Clock
  readonly #random: () => number
  readonly #perSecond: number
  #stop: Cancel = () => {}

  /** `perSecond`: simple requests of others, about. */
  constructor(fake: FakePool, clock: Clock, random: () => number, perSecond: number) {
    this.#fake = fake
    this.#clock = clock
    this.#random = random
    this.#perSecond = perSecond
  }

  /** Tells the statistics twice a second until `end`. */
  begin(tell: (counters: ReadonlyMap<string, Counters>) => void): void {
    this.#stop = this.#clock.after(COUNTERS_MS, () => {
      this.#work()
      tell(this.#counters())
      this.begin(tell)
    })
  }

  end(): void {
    this.#stop()
  }

  /** `one` answered a request. */
  did(one: FakeMember, isTracked: boolean): void {
    const { done, failed } = one.member.counters
    if (isTracked) one.tracked++
    const busy = this.#perSecond > 0 ? Math.floor(this.#random() * 3) : 0
    one.member = { ...one.member, counters: { done: done + 1, failed, busy } }
  }

  #work(): void {
    const wave = 0.6 + 0.4 * Math.sin(this.#clock.now().monoMs / 4000)
    const mean = (this.#perSecond * wave * COUNTERS_MS) / 1000
    const simple = Math.round(mean * (0.7 + 0.6 * this.#random()))
    for (let n = 0; n < simple; n++) this.#didIf(this.#fake.anyReady(), false)
    if (this.#random() < this.#perSecond / 12) this.#didIf(this.#fake.leader(), true)
  }

  #didIf(one: FakeMember | undefined, isTracked: boolean): void {
    if (one && !one.isFrozen) this.did(one, isTracked)
  }

  #counters(): ReadonlyMap<string, Counters> {
    return new Map(
      [...this.#fake.members.values()].map(({ member, tracked }) => {
        const { counters, pid } = member
        const p50Ns = counters.done > 0 ? 1.9e6 + (pid % 5) * 1e5 : undefined
        return [member.id, { ...counters, tracked, ...(p50Ns !== undefined && { p50Ns }) }]
      }),
    )
  }
}
