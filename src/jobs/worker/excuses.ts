/**
 * How many deliveries of a stored message count for nothing, for its worker was stopped, had no room, or read it too late to
 * run it: all others but the last were crashes. It lies beside the jobs as long as the message may, and is read only for one
 * that was handed out before.
 */
import { headers } from "nats"
import { isA } from "../../errors/thrown.js"
import type { JobNames } from "../contract/job-names.js"
import type { StoredMessage } from "../contract/job-record.js"
import { AlreadyThere, type Delivery, type JobStore, type ToStore } from "../contract/job-store.js"

/** For how long it is known, in ms. */
const EXCUSED_MS = 7 * 24 * 3_600_000
/** So many are looked for of one message, each of which says how many there are by then. */
const MOST_OF_ONE = 100
/** So often something is added that meets another's. */
const MOST_TRIES = 3

export class Excuses {
  readonly #store: JobStore
  readonly #names: JobNames

  constructor(store: JobStore, names: JobNames) {
    this.#store = store
    this.#names = names
  }

  /** Those of the message that was delivered; none if nobody can tell. */
  async of({ seq, deliveries }: Pick<Delivery, "seq" | "deliveries">): Promise<number> {
    if (deliveries === 1) return 0
    return countIn(await this.#store.last("jobs", this.#names.excused(seq)).catch(() => undefined))
  }

  /** What has to be stored for `count` of them. */
  message(seq: number, count: number): ToStore {
    return {
      ...{ stream: "jobs", subject: this.#names.excused(seq), data: Buffer.from(String(count)) },
      ...{ headers: headers(), ttlMs: EXCUSED_MS },
    }
  }

  /**
   * This delivery was read when its lease was over, and nobody ran it. Whoever has the message by then may write as well, so it
   * is added to what is there; if that can't be done it counts as a crash.
   */
  async add({ seq, deliveries }: Pick<Delivery, "seq" | "deliveries">): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const [message, excuse] = await Promise.all([
        this.#store.at("jobs", seq),
        this.#store.last("jobs", this.#names.excused(seq)),
      ])
      if (!message) return
      const added = this.message(seq, countIn(excuse) + 1)
      const id = `excused-${seq}-${deliveries}`
      try {
        await this.#store.store({ ...added, id, lastAt: excuse?.seq ?? 0 })
        return
      } catch (error) {
        if (!isA(error, AlreadyThere)) throw error
      }
    }
  }

  /** The message is gone, and what was excused of it of no use any more. */
  async forget(seq: number): Promise<void> {
    const all = await this.#store.list("jobs", this.#names.excused(seq), MOST_OF_ONE)
    await Promise.all(all.map((excuse) => this.#store.remove("jobs", excuse.seq)))
  }
}

function countIn(excuse: StoredMessage | undefined): number {
  return Number(excuse ? new TextDecoder().decode(excuse.data) : 0) || 0
}
