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
import type { JobsWord } from "./job-witness.js"
import { machineNow } from "./machine-clock.js"

export class HeldJobs {
  readonly #ends = new Map<string, Instant>()
  readonly #now: () => Instant

  constructor(now: () => Instant = machineNow) {
    this.#now = now
  }

  heard({ held, over }: Pick<JobsWord, "held" | "over">): void {
    for (const ticket of over) this.#ends.delete(ticket)
    for (const [ticket, monoMs, wallMs] of held) this.#ends.set(ticket, { monoMs, wallMs })
  }

  /** To be called when the process is dead, and all that it said has been heard. Returns how many were given back. */
  giveBack(bus: Pick<Bus, "publish" | "info">): number {
    const now = this.#now()
    const tickets = [...this.#ends].filter(([, end]) => holds(end, now)).map(([ticket]) => ticket)
    this.#ends.clear()
    // What is sent while the connection is away would arrive much later.
    if ("info" in bus && bus.info === undefined) return 0
    for (const ticket of tickets) bus.publish(ticket, "-NAK")
    return tickets.length
  }
}
