/**
 * What a leader publishes, refused by the server itself once a later reign has begun: the one check that a process
 * can't sleep through. The pool has a stream with a fence in it, a subject to which each reign writes its term once.
 * Every message names the fence's sequence at that time, and the server stores it only if that is still the last.
 *
 * A later reign that has not raised the fence yet does not keep an earlier one out. So nothing of an earlier reign
 * follows anything of a later one; it may come before, until the later one publishes or (with the option `fenced`) has
 * just begun.
 */
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import { inDomain } from "../contracts/js-domain.js"
import { objectIn, toBytes } from "../encoding/json.js"
import { payloadOf } from "../encoding/payload.js"
import { BadInput, isStreamGone, isWrongLastSequence, ServerTooOld } from "../errors/errors.js"
import { FencedOff } from "../errors/fence-errors.js"
import { type Leadership, type Published, ReignEnded } from "../lease/leadership.js"
import { isAtLeast } from "../nats/server-version.js"
import type { PoolNames } from "../protocol/names.js"
import { Pace } from "../time/pace.js"
import { systemClock } from "../time/system-clock.js"

/** The first server that compares the sequence of another subject than the message's own. */
export const FENCE_SERVER = "2.11"
const TRIES = 5
/** Between two tries. */
const PACE = { clock: systemClock, firstMs: 5, mostMs: 100 }

/** The fence as it stands. */
interface StandingFence {
  readonly seq: number
  readonly term: number
}

export class Fence {
  readonly #connection: NatsConnection
  readonly #names: PoolNames
  readonly #replicas: number
  /** The fence of the last reign that raised it here. */
  #raised: { readonly term: number; readonly seq: Promise<number> } | undefined

  constructor(connection: NatsConnection, names: PoolNames, replicas: number) {
    this.#connection = connection
    this.#names = names
    this.#replicas = replicas
  }

  /** See Leadership.publish. */
  async publish(leadership: Leadership, subject: string, payload: unknown): Promise<Published> {
    if (typeof subject !== "string" || !/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(subject)) {
      throw new BadInput("subject", "words with dots between, no wildcards", subject)
    }
    const data = payloadOf(payload, "payload")
    const pace = new Pace(PACE)
    for (let tries = 1; ; tries += 1) {
      const seq = await this.raise(leadership)
      try {
        return await this.#store(`${this.#names.fenced}.${subject}`, data, seq)
      } catch (error) {
        if (!isWrongLastSequence(error) && !isStreamGone(error)) throw error
        this.#raised = undefined
        const { term } = leadership
        const standing = await this.#standing()
        if (standing && standing.term > term) {
          throw new FencedOff(term, standing.term, { cause: error })
        }
        // The fence itself is gone, by age or by hand: raise it again.
        if (tries === TRIES) throw error
        await pace.wait()
      }
    }
  }

  /**
   * Writes the term of this reign, unless that is done; resolves with the fence's sequence. Throws FencedOff if a later
   * reign has done so, ReignEnded if this one is over, and ServerTooOld.
   */
  raise(leadership: Leadership): Promise<number> {
    const version = this.#connection.info?.version ?? ""
    if (!isAtLeast(version, FENCE_SERVER)) {
      return Promise.reject(new ServerTooOld(version, FENCE_SERVER, "leadership.publish"))
    }
    const { term } = leadership
    if (!leadership.isLeading()) {
      return Promise.reject(leadership.signal.reason ?? new ReignEnded("lease over", term))
    }
    if (this.#raised?.term === term) return this.#raised.seq
    const seq = this.#raise(term)
    this.#raised = { term, seq }
    seq.catch(() => {
      if (this.#raised?.seq === seq) this.#raised = undefined
    })
    return seq
  }

  async #raise(term: number): Promise<number> {
    const pace = new Pace(PACE)
    for (let tries = 1; ; tries += 1) {
      const standing = await this.#standing()
      if (standing && standing.term > term) throw new FencedOff(term, standing.term)
      if (standing?.term === term) return standing.seq
      try {
        const { seq } = await this.#store(this.#names.fence, toBytes({ term }), standing?.seq ?? 0)
        return seq
      } catch (error) {
        if (!isWrongLastSequence(error) || tries === TRIES) throw error
        await pace.wait()
      }
    }
  }

  async #store(subject: string, data: Uint8Array, fence: number): Promise<Published> {
    const { fence: fenceSubject, fencedStream } = this.#names
    const js = jetstream(this.#connection, inDomain(this.#connection))
    const { seq } = await js.publish(subject, data, {
      expect: {
        streamName: fencedStream,
        lastSubjectSequence: fence,
        lastSubjectSequenceSubject: fenceSubject,
      },
    })
    return { stream: fencedStream, seq }
  }

  /** The fence as it stands; makes the stream if there is none. */
  async #standing(): Promise<StandingFence | undefined> {
    const { fence, fenced, fencedStream } = this.#names
    const { streams } = await jetstreamManager(this.#connection, inDomain(this.#connection))
    try {
      const message = await streams.getMessage(fencedStream, { last_by_subj: fence })
      if (!message) return undefined
      const { term } = objectIn(message.data)
      return { seq: message.seq, term: typeof term === "number" ? term : 0 }
    } catch (error) {
      if (!isStreamGone(error)) throw error
      await streams.add({
        name: fencedStream,
        subjects: [`${fenced}.>`, fence],
        storage: StorageType.File,
        num_replicas: this.#replicas,
      })
      return undefined
    }
  }
}
