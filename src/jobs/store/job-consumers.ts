/**
 * The consumers that hand out jobs, one for each queue and priority, made by the first who serves it. What can't be changed
 * later is generous; how often something is handed out the workers see to themselves.
 */

import { AckPolicy, type JetStreamManager } from "@nats-io/jetstream"
import { type NatsConnection, nanos } from "nats"
import type { Report } from "../../contracts/troubles.js"
import { fieldOf } from "../../errors/thrown.js"
import { newInbox } from "../../inbox/reply-inbox.js"
import { consumerOf, HIGHEST_PRIORITY, type JobNames } from "../contract/job-names.js"
import type { SourceOptions } from "../contract/job-store.js"
import { requestsOf } from "./pull-lane.js"

/** How many requests may wait at one consumer; can't be changed later. */
const MOST_WAITING = 8_192

export interface JobConsumersOptions {
  readonly connection: NatsConnection
  /** Told of what was adjusted. */
  readonly report?: Report | undefined
}

export class JobConsumers {
  readonly #connection: NatsConnection
  readonly #manager: JetStreamManager
  readonly #names: JobNames
  readonly #report: Report

  constructor(options: JobConsumersOptions, manager: JetStreamManager, names: JobNames) {
    this.#connection = options.connection
    this.#report = options.report ?? (() => {})
    this.#manager = manager
    this.#names = names
  }

  /** Makes the consumer, or has it as it should be; returns its lease in ms. Throws if there is no stream. */
  async ensure(
    options: Pick<SourceOptions, "queue" | "priority" | "leaseMs" | "limit">,
    usualMs: number,
  ): Promise<number> {
    const { queue, priority, limit } = options
    const leaseMs = options.leaseMs && Math.round(options.leaseMs)
    const name = consumerOf(queue, priority)
    const { consumers } = this.#manager
    const stream = this.#names.jobsStream
    const found = await consumers.info(stream, name).catch((error) => {
      if (isConsumerNotFound(error)) return undefined
      throw error
    })
    if (!found) {
      await consumers.add(stream, {
        durable_name: name,
        filter_subject: this.#names.ready(queue, priority),
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(leaseMs ?? usualMs),
        max_waiting: MOST_WAITING,
        max_ack_pending: limit ?? -1,
      })
      return leaseMs ?? usualMs
    }
    const { ack_wait: was = nanos(usualMs), max_ack_pending: most } = found.config
    const wait = leaseMs === undefined ? was : nanos(leaseMs)
    const pending = limit ?? most
    if (wait !== was || pending !== most) {
      await consumers.update(stream, name, {
        ...found.config,
        ack_wait: wait,
        ...(pending !== undefined && { max_ack_pending: pending }),
      })
      this.#report(`queue ${queue}: its consumer was adjusted`)
    }
    return wait / nanos(1)
  }

  /** Until this time, in ms since 1970; 0 ends it. Says whether anybody ever served the queue. */
  async pause(queue: string, untilMs: number): Promise<boolean> {
    const { consumers } = this.#manager
    const stream = this.#names.jobsStream
    let isKnown = false
    for (let priority = 0; priority <= HIGHEST_PRIORITY; priority += 1) {
      const consumer = consumerOf(queue, priority)
      try {
        if (untilMs > 0) await consumers.pause(stream, consumer, new Date(untilMs))
        else {
          await consumers.resume(stream, consumer)
          this.#wake(consumer)
        }
        isKnown = true
      } catch (error) {
        if (!isConsumerNotFound(error)) throw error
      }
    }
    return isKnown
  }

  /** The server looks at the requests that wait only when another comes: one to which nobody listens gets nothing. */
  #wake(consumer: string): void {
    this.#connection.publish(
      requestsOf(this.#connection, this.#names.jobsStream, consumer),
      JSON.stringify({ batch: 1, expires: nanos(1_000) }),
      { reply: newInbox(this.#connection) },
    )
  }
}

function isConsumerNotFound(error: unknown): boolean {
  return fieldOf(error, "code") === 10014
}
