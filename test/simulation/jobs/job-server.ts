/**
 * The server: the streams and consumers that local pools use, on the server's clock. It deals with what arrives at once; the
 * links around it bring delay and loss. Told of everything that it does is the judge.
 */

import { recordOf, type StoredMessage } from "../../../src/jobs/contract/job-record.js"
import type {
  Delivery,
  JobAbilities,
  JobSource,
  PairedFirst,
  SourceOptions,
  ToStore,
} from "../../../src/jobs/contract/job-store.js"
import type { Settlement } from "../../../src/jobs/contract/settlement.js"
import { MemoryJobs } from "../../../src/jobs/store/memory-jobs.js"
import type { Clock, Instant } from "../../../src/time/clock.js"
import type { Timeline } from "../timeline.js"
import { EPOCH_MS } from "../virtual-server.js"
import type { Judge } from "./judge.js"

export const POOL = "work"
/** Whose jobs are judged; those of ticks are in another. */
export const QUEUE = "send"
const MAX_PAYLOAD = 1_000_000

export class JobServer {
  readonly store: MemoryJobs
  readonly abilities: JobAbilities
  readonly #timeline: Timeline
  readonly #judge: Judge
  readonly #last = { jobs: 0, dead: 0 }
  /** Told of each message that is stored, and when it was sent. */
  onStored: (message: ToStore, seq: number, sentMs: number) => void = () => {}

  constructor(
    timeline: Timeline,
    judge: Judge,
    able: Pick<JobAbilities, "hasBatches" | "isReplicated">,
  ) {
    this.#timeline = timeline
    this.#judge = judge
    const clock: Clock = {
      now: () => this.#now(),
      after: (ms, wake) => timeline.at(timeline.nowMs + ms, wake),
    }
    this.store = new MemoryJobs({ pool: POOL, clock, maxPayload: MAX_PAYLOAD })
    this.abilities = { ...this.store.abilities, ...able }
  }

  get wallMs(): number {
    return this.#now().wallMs
  }

  /** What was sent at `sentMs` arrives. */
  async put(message: ToStore, sentMs: number): Promise<{ readonly seq: number }> {
    const stored = await this.store.store(message)
    // One that was stored before is not stored again.
    if (stored.seq <= this.#last[message.stream]) return stored
    this.#last[message.stream] = stored.seq
    this.onStored(message, stored.seq, sentMs)
    return stored
  }

  async putPair(first: PairedFirst, second: ToStore, sentMs: number) {
    const stored = await this.store.storePair(first, second)
    this.#last.jobs = stored.seq + 1
    this.onStored(second, stored.seq + 1, sentMs)
    this.onStored(first, stored.seq, sentMs)
    return stored
  }

  async settle(ticket: string, how: Settlement, sentMs: number): Promise<void> {
    const seq = Number(ticket.split(" ").at(-1))
    const before = await this.store.at("jobs", seq)
    this.store.settle(ticket, how)
    if (!before) return
    const after = await this.store.at("jobs", seq)
    if (how === "back") this.#judge.wentBack(before, sentMs)
    else if (!after) await this.#gone(before, sentMs)
  }

  source(options: SourceOptions, sendOff: (delivery: Delivery) => void): Promise<JobSource> {
    return this.store.source({
      ...options,
      heard: (delivery) => {
        this.#judge.handedOut(delivery)
        sendOff(delivery)
      },
    })
  }

  /** All that lies there under the key of the job in `message`, dead or alive. */
  async #gone(message: StoredMessage, sentMs: number): Promise<void> {
    const record = recordOf(message)
    if (record?.queue !== QUEUE) return
    const [alive, dead, kept] = await Promise.all([
      this.store.list("jobs", `${POOL}.*.*.*.*`, 10_000),
      this.store.list("dead", `${POOL}.dead.>`, 10_000),
      this.store.last("jobs", `${POOL}.result.${record.id}`),
    ])
    const isElsewhere = [...alive, ...dead].some((one) => recordOf(one)?.id === record.id)
    this.#judge.acknowledgedAway(record, isElsewhere, kept !== undefined, sentMs)
  }

  #now(): Instant {
    return { monoMs: this.#timeline.nowMs, wallMs: EPOCH_MS + this.#timeline.nowMs }
  }
}
