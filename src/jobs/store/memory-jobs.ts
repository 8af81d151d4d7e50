/**
 * Jobs inside one process, on its clock: for pools without a server, and for tests. The same contract as on JetStream, with
 * all that a newer server can do; nothing outlives the process.
 */
import { PayloadTooLarge } from "../../errors/errors.js"
import { isMatch } from "../../protocol/subject.js"
import type { Clock } from "../../time/clock.js"
import { onceATurn } from "../../time/once-a-turn.js"
import { LEASE_MS } from "../contract/job-limits.js"
import { type JobNames, jobNamesOf, jobSubjectIn } from "../contract/job-names.js"
import type { StoredMessage } from "../contract/job-record.js"
import { sizeOf } from "../contract/job-size.js"
import type {
  JobAbilities,
  JobSource,
  JobStore,
  JobStream,
  PairedFirst,
  QueueCounts,
  SourceOptions,
  ToStore,
} from "../contract/job-store.js"
import type { Settlement } from "../contract/settlement.js"
import { MemoryConsumer, type Taker } from "./memory-consumer.js"
import { MemoryStream } from "./memory-stream.js"

export interface MemoryJobsOptions {
  readonly pool: string
  readonly clock: Clock
  readonly maxPayload: number
}

export class MemoryJobs implements JobStore {
  readonly abilities: JobAbilities = {
    hasSchedules: true,
    isUniqueEverywhere: true,
    hasTtl: true,
    canPause: true,
    hasBatches: true,
    isReplicated: false,
  }
  readonly maxPayload: number
  readonly #clock: Clock
  readonly #names: JobNames
  readonly #jobs: MemoryStream
  readonly #dead: MemoryStream
  /** By the filter of each. */
  readonly #consumers = new Map<string, MemoryConsumer>()
  readonly #drained = new Set<() => void>()

  constructor({ pool, clock, maxPayload }: MemoryJobsOptions) {
    this.#clock = clock
    this.#names = jobNamesOf(pool)
    this.maxPayload = maxPayload
    this.#jobs = new MemoryStream(clock, (message) => this.#stored(message))
    this.#dead = new MemoryStream(clock, () => {})
  }

  nowMs(): number {
    return this.#clock.now().wallMs
  }

  async store(message: ToStore): Promise<{ readonly seq: number }> {
    const bytes = sizeOf(message)
    if (bytes > this.maxPayload) throw new PayloadTooLarge(bytes, this.maxPayload)
    return this.#streamOf(message.stream).store(message)
  }

  async storePair(first: PairedFirst, second: ToStore): Promise<{ readonly seq: number }> {
    const stored = await this.store(first)
    await this.store(second)
    return stored
  }

  async source({ queue, priority, leaseMs, limit, heard }: SourceOptions): Promise<JobSource> {
    const consumer = this.#consumerOf(queue, priority)
    consumer.leaseMs = leaseMs ?? consumer.leaseMs
    consumer.limit = limit ?? consumer.limit
    const taker: Taker = { wanted: 0, looked: 0, heard }
    consumer.takers.add(taker)
    return {
      leaseMs: consumer.leaseMs,
      get asked() {
        return taker.wanted + taker.looked
      },
      want: (count) => {
        taker.wanted = count
        this.#changed()
      },
      look: async (count) => {
        taker.looked = count
        this.#changed()
        await null
        taker.looked = 0
      },
      release: () => {
        taker.wanted = 0
      },
      close: async () => {
        consumer.takers.delete(taker)
        this.#changed()
      },
    }
  }

  settle(ticket: string, how: Settlement): boolean {
    const { consumer, seq } = this.#ticketed(ticket)
    if (how === "back") consumer?.back(seq)
    else if (how !== "done") consumer?.rest(seq, how.backAfterMs)
    else if (consumer?.done(seq)) this.#jobs.remove(seq)
    this.#changed()
    return true
  }

  async confirm(ticket: string): Promise<void> {
    this.settle(ticket, "done")
  }

  async renew(ticket: string): Promise<void> {
    const { consumer, seq } = this.#ticketed(ticket)
    consumer?.lend(seq, consumer.leaseMs)
  }

  async last(stream: JobStream, subject: string): Promise<StoredMessage | undefined> {
    return this.#streamOf(stream).last(subject)
  }

  async at(stream: JobStream, seq: number): Promise<StoredMessage | undefined> {
    return this.#streamOf(stream).messages.get(seq)
  }

  async remove(stream: JobStream, seq: number): Promise<boolean> {
    if (stream === "jobs") for (const consumer of this.#consumers.values()) consumer.done(seq)
    const wasThere = this.#streamOf(stream).remove(seq)
    this.#changed()
    return wasThere
  }

  async list(stream: JobStream, subject: string, limit: number): Promise<StoredMessage[]> {
    return this.#streamOf(stream).matching(subject).slice(0, limit)
  }

  async newest(stream: JobStream, limit: number): Promise<StoredMessage[]> {
    return [...this.#streamOf(stream).messages.values()].slice(-limit).reverse()
  }

  async counts(): Promise<QueueCounts[]> {
    const consumers = [...this.#consumers.values()]
    const all = [...this.#jobs.messages.values(), ...this.#dead.messages.values()]
    const lying = all.map(({ subject }) => jobSubjectIn(subject)?.queue)
    const queues = new Set([...consumers.map(({ queue }) => queue), ...lying])
    const of = (queue: string): QueueCounts => {
      const own = consumers.filter((consumer) => consumer.queue === queue)
      const count = (place: string) => {
        const pattern = `${this.#names.pool}.${place}.${queue}.>`
        return all.filter(({ subject }) => isMatch(pattern, subject)).length
      }
      const running = own.reduce((sum, consumer) => sum + consumer.running, 0)
      const ended = own.reduce((sum, consumer) => sum + consumer.ended, 0)
      const runs = (seq: number) => own.some((consumer) => consumer.isRunning(seq))
      const ready = `${this.#names.pool}.job.${queue}.>`
      const oldest = all.find(({ subject, seq }) => isMatch(ready, subject) && !runs(seq))
      const pausedUntilMs = own.find(({ isPaused }) => isPaused)?.pausedUntilMs
      return {
        ...{ queue, running, waiting: count("job") - running },
        ...{ delayed: count("later"), dead: count("dead"), ended, oldestMs: oldest?.storedMs },
        isServed: own.some(({ takers }) => takers.size > 0) || running > 0,
        ...(pausedUntilMs && { pausedUntilMs }),
      }
    }
    return [...queues]
      .filter((queue) => queue !== undefined)
      .sort()
      .map(of)
  }

  async pause(queue: string, untilMs: number): Promise<boolean> {
    const own = [...this.#consumers.values()].filter((consumer) => consumer.queue === queue)
    for (const consumer of own) consumer.pause(untilMs)
    this.#changed()
    return own.length > 0
  }

  /** Resolves when nothing runs, and nothing is ready that anybody could take. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained.add(resolve)
      this.#changed()
    })
  }

  #stored(message: StoredMessage): void {
    for (const consumer of this.#consumers.values()) consumer.stored(message)
    this.#changed()
  }

  #consumerOf(queue: string, priority: number): MemoryConsumer {
    const filter = this.#names.ready(queue, priority)
    const known = this.#consumers.get(filter)
    if (known) return known
    const changed = this.#changed
    const options = { queue, filter, stream: this.#jobs, clock: this.#clock, changed }
    const consumer = new MemoryConsumer(options, LEASE_MS)
    this.#consumers.set(filter, consumer)
    return consumer
  }

  /** Hands out what can be, in a turn of its own: never to who is just storing something. */
  readonly #changed = onceATurn(() => {
    for (const consumer of this.#consumers.values()) consumer.handOut()
    if ([...this.#consumers.values()].some(({ isBusy }) => isBusy)) return
    for (const resolve of this.#drained) resolve()
    this.#drained.clear()
  })

  #ticketed(ticket: string): {
    readonly consumer: MemoryConsumer | undefined
    readonly seq: number
  } {
    const [filter = "", seq] = ticket.split(" ")
    return { consumer: this.#consumers.get(filter), seq: Number(seq) }
  }

  #streamOf(stream: JobStream): MemoryStream {
    return stream === "jobs" ? this.#jobs : this.#dead
  }
}
