/**
 * The bus inside one process: the same contract as a NATS connection, for pools without a server and for
 * tests. What one participant sends to another arrives in order, and never in the turn of its sender. Each
 * participant has a connection of its own, so that a cut can be modelled: `deliver` is asked about every
 * message from one to another.
 *
 * Who gets a message is decided when it is sent, as on a server. With an injected clock and random it is
 * deterministic. It knows no permissions, no reconnects, and no limit but max_payload.
 */
import { headers } from "nats"
import { callSafely } from "../contracts/safe-call.js"
import { warnOf } from "../contracts/unawaited.js"
import { copyHeaders } from "../encoding/headers.js"
import { headOf, headsOf, isMatch, isPattern } from "../protocol/subject.js"
import type { Clock } from "../time/clock.js"
import { MemoryConnection } from "./memory-connection.js"
import type { Listener, Parcel, Router } from "./parcel.js"

export interface MemoryBusOptions {
  readonly clock: Clock
  /** From 0 to 1; picks the member of a queue group. Default `Math.random`. */
  readonly random?: () => number
  /** In bytes, headers not counted. Default 1 MiB, as a NATS server has it. */
  readonly maxPayload?: number
  /** Told of what a callback threw. Default: Node warns. */
  readonly onThrown?: ((thrown: unknown) => void) | undefined
  /** How many ms a message takes from one participant to another, or that it is lost. Default 0. */
  readonly deliver?: (from: string, to: string, parcel: Parcel) => number | "drop"
}

/** A message on its way to one listener. */
interface Sent {
  readonly listener: Listener
  readonly parcel: Parcel
  readonly dueMs: number
}

/** So many messages are handed over in one turn of the event loop; those after them wait for the next. */
const MOST_A_TURN = 20_000

export class MemoryBus implements Router {
  readonly clock: Clock
  readonly maxPayload: number
  readonly #random: () => number
  readonly #deliver: NonNullable<MemoryBusOptions["deliver"]>
  readonly #onThrown: (thrown: unknown) => void
  readonly #exact = new Map<string, Set<Listener>>()
  /** By the head of its pattern each, and with the number of its subscription. */
  readonly #patterns = new Map<string, Map<Listener, number>>()
  #subscriptions = 0
  /** What is on its way from one participant to another, the oldest first; none where nothing is. */
  readonly #lanes = new Map<string, Sent[]>()
  #connections = 0
  #handedOver = 0

  constructor({ clock, random, maxPayload, deliver, onThrown }: MemoryBusOptions) {
    this.clock = clock
    this.maxPayload = maxPayload ?? 1024 * 1024
    this.#random = random ?? Math.random
    this.#deliver = deliver ?? (() => 0)
    this.#onThrown = onThrown ?? warnOf
  }

  /** A participant; `name` is what `deliver` sees. */
  connect(name = `participant-${++this.#connections}`): MemoryConnection {
    return new MemoryConnection(this, name)
  }

  /** @internal */
  add(listener: Listener): void {
    if (isPattern(listener.subject)) {
      const head = headOf(listener.subject)
      const alike = this.#patterns.get(head) ?? new Map()
      this.#patterns.set(head, alike.set(listener, ++this.#subscriptions))
      return
    }
    const same = this.#exact.get(listener.subject)
    if (same) same.add(listener)
    else this.#exact.set(listener.subject, new Set([listener]))
  }

  /** @internal */
  remove(listener: Listener): void {
    const head = headOf(listener.subject)
    const alike = this.#patterns.get(head)
    alike?.delete(listener)
    if (alike?.size === 0) this.#patterns.delete(head)
    const same = this.#exact.get(listener.subject)
    same?.delete(listener)
    if (same?.size === 0) this.#exact.delete(listener.subject)
  }

  /** @internal Sends `parcel` on its way; false if nobody listens. */
  route(from: string, parcel: Parcel): boolean {
    const listeners = this.#listenersOf(parcel.subject)
    for (const listener of listeners) {
      const ms = this.#deliver(from, listener.owner, parcel)
      if (ms !== "drop") this.#send(from, listener, parcel, ms)
    }
    return listeners.length > 0
  }

  /** Everybody who listens by himself, and one of each queue group. */
  #listenersOf(subject: string): Listener[] {
    const found: Listener[] = []
    const groups = new Map<string, Listener[]>()
    for (const listener of [...(this.#exact.get(subject) ?? []), ...this.#patternsFor(subject)]) {
      if (listener.queue === undefined) {
        found.push(listener)
        continue
      }
      const group = `${listener.subject} ${listener.queue}`
      const members = groups.get(group)
      if (members) members.push(listener)
      else groups.set(group, [listener])
    }
    for (const members of groups.values()) {
      found.push(members[Math.floor(this.#random() * members.length)] as Listener)
    }
    return found
  }

  /** In the order in which they were subscribed to. */
  #patternsFor(subject: string): Listener[] {
    const found: [Listener, number][] = []
    for (const head of headsOf(subject)) {
      for (const entry of this.#patterns.get(head) ?? []) {
        if (isMatch(entry[0].subject, subject)) found.push(entry)
      }
    }
    return found.sort(([, one], [, other]) => one - other).map(([listener]) => listener)
  }

  #send(from: string, listener: Listener, parcel: Parcel, ms: number): void {
    const name = `${from} ${listener.owner}`
    const sent = { listener, parcel: copyOf(parcel), dueMs: this.clock.now().monoMs + ms }
    listener.underWay(1)
    const lane = this.#lanes.get(name)
    if (lane) return void lane.push(sent)
    this.#lanes.set(name, [sent])
    queueMicrotask(() => this.#move(name))
  }

  /** Who asks and answers without end would else let nothing but messages have its turn. */
  #isTurnOver(): boolean {
    if (this.#handedOver >= MOST_A_TURN) return true
    this.#handedOver += 1
    if (this.#handedOver === 1) {
      setImmediate(() => {
        this.#handedOver = 0
      })
    }
    return false
  }

  /** Hands over what is due, in order; comes back for the rest. */
  #move(name: string): void {
    const lane = this.#lanes.get(name) ?? []
    for (let next = lane[0]; next !== undefined; next = lane[0]) {
      const leftMs = next.dueMs - this.clock.now().monoMs
      if (leftMs > 0) {
        this.clock.after(leftMs, () => this.#move(name))
        return
      }
      if (this.#isTurnOver()) {
        setImmediate(() => this.#move(name))
        return
      }
      lane.shift()
      next.listener.underWay(-1)
      // What one throws must not keep the rest of the lane from going on.
      callSafely(() => next.listener.hear(next.parcel), this.#onThrown)
    }
    // Whoever used it may be gone by now.
    this.#lanes.delete(name)
  }
}

/** Shared by nobody: its sender may use its bytes again, and each who hears it may do with it as he likes. */
function copyOf({ data, headers: hdrs, ...parcel }: Parcel): Parcel {
  return {
    ...parcel,
    data: new Uint8Array(data),
    ...(hdrs && { headers: copyHeaders(hdrs, headers(hdrs.code, hdrs.description)) }),
  }
}
