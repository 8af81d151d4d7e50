/** Jobs on JetStream: see JobStore. Works from server 2.9 on; what an older one can't do, `abilities` says. */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { inDomain } from "../../contracts/js-domain.js"
import { refusalIn } from "../../errors/client-errors.js"
import {
  isJetStreamRefusal,
  isNoJetStream,
  isStreamGone,
  NoJetStream,
  reasonOf,
  ServerTooOld,
} from "../../errors/errors.js"
import { NotRemoved } from "../../errors/job-errors.js"
import { Publisher } from "../../jetstream/publisher.js"
import { storePair } from "../../nats/message-pair.js"
import { systemClock } from "../../time/system-clock.js"
import { LEASE_MS, LEASE_OF_REPLICAS_MS } from "../contract/job-limits.js"
import { consumerOf, type JobNames, jobNamesOf } from "../contract/job-names.js"
import { NOT_BEFORE_HEADER, type StoredMessage } from "../contract/job-record.js"
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
import { refusalOf } from "../contract/refusals.js"
import { type Settlement, settlementOf } from "../contract/settlement.js"
import { JetStreamSource } from "./jetstream-source.js"
import { JobConsumers } from "./job-consumers.js"
import { JobCounts } from "./job-counts.js"
import { type JobStreams, type OpenJobStreams, openJobStreams } from "./job-streams.js"
import { Pulse } from "./pulse.js"
import { newestOf, storedMessage } from "./stored-messages.js"

const ANSWER_MS = 5_000
const API = { timeout: ANSWER_MS, checkAPI: false }

export class JetStreamJobs implements JobStore {
  readonly #options: OpenJobStreams
  readonly #manager: JetStreamManager
  readonly #names: JobNames
  readonly #consumers: JobConsumers
  readonly #counts: JobCounts
  #streams: JobStreams
  #publisher: Publisher | undefined
  #pulse: Pulse | undefined
  readonly #sources = new Set<JobSource>()

  private constructor(options: OpenJobStreams, manager: JetStreamManager, streams: JobStreams) {
    this.#options = options
    this.#manager = manager
    this.#streams = streams
    this.#names = jobNamesOf(options.pool)
    this.#consumers = new JobConsumers(options, manager, this.#names)
    this.#counts = new JobCounts(manager, this.#names)
  }

  /** Opens the streams of a pool, and makes them if need be. Throws NoJobs, and what the server says. */
  static async open(options: OpenJobStreams): Promise<JetStreamJobs> {
    const { connection } = options
    const manager = await jetstreamManager(connection, inDomain(connection, API))
    try {
      return new JetStreamJobs(options, manager, await openJobStreams(options, manager))
    } catch (error) {
      if (!isNoJetStream(error)) throw refusalIn(error)
      throw new NoJetStream(connection.getServer(), { cause: error })
    }
  }

  get abilities(): JobAbilities {
    return this.#streams.abilities
  }

  get maxPayload(): number | undefined {
    return this.#options.connection.info?.max_payload
  }

  nowMs(): number {
    return Date.now() + this.#streams.aheadMs
  }

  async store(message: ToStore): Promise<{ readonly seq: number }> {
    try {
      return await this.#publish(message)
    } catch (error) {
      if (!isStreamGone(error)) throw error
    }
    // Deleted by hand: what is stored from now on is safe.
    this.#streams = await openJobStreams(this.#options, this.#manager)
    return this.#publish(message)
  }

  async storePair(first: PairedFirst, second: ToStore): Promise<{ readonly seq: number }> {
    const { timeoutMs = ANSWER_MS } = second
    return storePair(this.#options.connection, first, second, timeoutMs).catch(
      refusalOf(this.#nameOf("jobs"), first.subject, second, this.maxPayload),
    )
  }

  async source(options: SourceOptions): Promise<JobSource> {
    const { connection } = this.#options
    const { queue, priority } = options
    const usual = this.#streams.replicas > 1 ? LEASE_OF_REPLICAS_MS : LEASE_MS
    const leaseMs = await this.#ensure(options, usual)
    this.#pulse ??= new Pulse(systemClock, () => connection.flush())
    this.#pulse.keepUpWith(leaseMs)
    const consumer = consumerOf(queue, priority)
    const source = new JetStreamSource({
      ...{ ...options, connection, leaseMs, pulse: this.#pulse, consumer },
      stream: this.#names.jobsStream,
      ensure: async () => void (await this.#ensure(options, usual)),
    })
    this.#sources.add(source)
    const close = source.close.bind(source)
    source.close = async () => {
      await close()
      this.#sources.delete(source)
      if (this.#sources.size > 0) return
      this.#pulse?.stop()
      this.#pulse = undefined
    }
    return source
  }

  settle(ticket: string, how: Settlement): boolean {
    const { connection } = this.#options
    // What is sent while there is no connection would arrive much later, when it is another's.
    if (connection.info === undefined || connection.isClosed()) return false
    connection.publish(ticket, settlementOf(how))
    return true
  }

  async confirm(ticket: string): Promise<void> {
    const { connection } = this.#options
    // As in settle.
    if (connection.info === undefined) throw new Error("there is no connection")
    await connection.request(ticket, settlementOf("done"), { timeout: ANSWER_MS })
  }

  async renew(ticket: string): Promise<void> {
    await this.#options.connection.request(ticket, "+WPI", { timeout: ANSWER_MS })
  }

  async last(stream: JobStream, subject: string): Promise<StoredMessage | undefined> {
    return this.#get(stream, { last_by_subj: subject })
  }

  async at(stream: JobStream, seq: number): Promise<StoredMessage | undefined> {
    return this.#get(stream, { seq })
  }

  async remove(stream: JobStream, seq: number): Promise<boolean> {
    try {
      return await this.#manager.streams.deleteMessage(this.#nameOf(stream), seq, false)
    } catch (error) {
      // It is gone, or may not be removed: the server's codes tell that apart in words alone.
      if (!isJetStreamRefusal(error)) throw refusalIn(error)
      if ((await this.at(stream, seq)) === undefined) return false
      throw new NotRemoved(this.#nameOf(stream), reasonOf(error), { cause: error })
    }
  }

  async list(stream: JobStream, subject: string, limit: number): Promise<StoredMessage[]> {
    const found: StoredMessage[] = []
    for (let seq = 1; found.length < limit; ) {
      const message = await this.#get(stream, { seq, next_by_subj: subject })
      if (!message) break
      found.push(message)
      seq = message.seq + 1
    }
    return found
  }

  newest(stream: JobStream, limit: number): Promise<StoredMessage[]> {
    return newestOf(this.#manager, this.#nameOf(stream), limit)
  }

  counts(): Promise<QueueCounts[]> {
    return this.#counts.read()
  }

  async pause(queue: string, untilMs: number): Promise<boolean> {
    if (this.abilities.canPause) return this.#consumers.pause(queue, untilMs)
    const version = this.#options.connection.info?.version ?? "unknown"
    throw new ServerTooOld(version, "2.11", "to pause a queue")
  }

  async #publish(message: ToStore): Promise<{ readonly seq: number }> {
    const { subject, data, headers, id, unlessAt, lastAt, due, ttlMs } = message
    const { hasSchedules, hasTtl } = this.abilities
    if (due && !hasSchedules) headers.set(NOT_BEFORE_HEADER, String(due.atMs))
    const scheduled = hasSchedules ? due : undefined
    this.#publisher ??= new Publisher(this.#options.connection)
    try {
      // One literal, and no catch of a promise: each job goes through here.
      return await this.#publisher.publish({
        subject: scheduled?.until ?? subject,
        data,
        headers,
        id,
        over: unlessAt === undefined ? lastAt : { place: 0, of: unlessAt },
        schedule: scheduled && { atMs: scheduled.atMs, target: subject },
        ttlMs: hasTtl ? ttlMs : undefined,
        timeoutMs: message.timeoutMs ?? ANSWER_MS,
      })
    } catch (error) {
      throw refusalOf(this.#nameOf(message.stream), unlessAt, message, this.maxPayload)(error)
    }
  }

  /** Makes the consumer, and the streams too if need be; returns its lease in ms. */
  async #ensure(options: SourceOptions, usualMs: number): Promise<number> {
    try {
      return await this.#consumers.ensure(options, usualMs)
    } catch (error) {
      if (!isStreamGone(error)) throw error
    }
    this.#streams = await openJobStreams(this.#options, this.#manager)
    return this.#consumers.ensure(options, usualMs)
  }

  async #get(
    stream: JobStream,
    query: { last_by_subj: string } | { seq: number; next_by_subj?: string },
  ): Promise<StoredMessage | undefined> {
    try {
      const found = await this.#manager.streams.getMessage(this.#nameOf(stream), query)
      return found ? storedMessage(found) : undefined
    } catch (error) {
      if (isStreamGone(error)) return undefined
      throw refusalIn(error)
    }
  }

  #nameOf(stream: JobStream): string {
    return this.#names[`${stream}Stream`]
  }
}
