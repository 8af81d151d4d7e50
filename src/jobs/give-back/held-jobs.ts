/**
 * The jobs that a worker process runs, as its supervisor was told, and given back in its name when it is seen to be dead: so
 * they go on elsewhere at once, and not when their leases run out. Only while the lease that is known of still holds: after
 * that a job may be another's, whose run this would double.
 *
 * What is done may stand here a little longer: the server does not mind if that is given back.
 */
import type { Bus } from "../../contracts/bus.js"
import { holds } from "../../lease/lease.js"
import type { Instant } from "../../time/clock.js"
import { settlementOf } from "../contract/settlement.js"
import type { JobsWord } from "./job-witness.js"
import { machineNow } from "./machine-clock.js"

export class HeldJobs {
  /** Until when each may be given back, and how. */
  readonly #held = new Map<string, Instant & { readonly afterMs: number }>()
  readonly #now: () => Instant

  constructor(now: () => Instant = machineNow) {
    this.#now = now
  }

  heard({ held, over }: Pick<JobsWord, "held" | "over">): void {
    for (const ticket of over) this.#held.delete(ticket)
    for (const [ticket, monoMs, wallMs, afterMs = 0] of held) {
      this.#held.set(ticket, { monoMs, wallMs, afterMs })
    }
  }

  get isEmpty(): boolean {
    return this.#held.size === 0
  }

  /** To be called when the process is dead, and all that it said has been heard. Returns how many were given back. */
  giveBack(bus: Pick<Bus, "publish" | "info">): number {
    const now = this.#now()
    const held = [...this.#held].filter(([, end]) => holds(end, now))
    this.#held.clear()
    // What is sent while the connection is away would arrive much later.
    if ("info" in bus && bus.info === undefined) return 0
    for (const [ticket, { afterMs }] of held) {
      bus.publish(ticket, settlementOf(afterMs > 0 ? { backAfterMs: afterMs } : "back"))
    }
    return held.length
  }
}
