/**
 * How many deliveries of a stored message count for nothing, for its worker was stopped or had no room: all others but the
 * last were crashes. It lies beside the jobs as long as the message may, and is read only for one that was handed out before.
 */
import { headers } from "nats"
import type { JobNames } from "../contract/job-names.js"
import type { JobStore, ToStore } from "../contract/job-store.js"

/** For how long it is known, in ms. */
const EXCUSED_MS = 7 * 24 * 3_600_000

export class Excuses {
  readonly #store: JobStore
  readonly #names: JobNames

  constructor(store: JobStore, names: JobNames) {
    this.#store = store
    this.#names = names
  }

  /** Those of the message at `seq`; none if nobody can tell. */
  async of(seq: number): Promise<number> {
    const excuse = await this.#store.last("jobs", this.#names.excused(seq)).catch(() => undefined)
    return Number(excuse ? new TextDecoder().decode(excuse.data) : 0) || 0
  }

  /** What has to be stored for `count` of them. */
  message(seq: number, count: number): ToStore {
    return {
      ...{ stream: "jobs", subject: this.#names.excused(seq), data: Buffer.from(String(count)) },
      ...{ headers: headers(), ttlMs: EXCUSED_MS },
    }
  }

  /** The message is gone, and what was excused of it of no use any more. */
  async forget(seq: number): Promise<void> {
    const excuse = await this.#store.last("jobs", this.#names.excused(seq))
    if (excuse) await this.#store.remove("jobs", excuse.seq)
  }
}
