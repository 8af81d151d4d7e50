/**
 * The server: one memory bucket and the subscriptions of all links. It handles what arrives at once; the links around
 * it bring delay and loss. Reads can be served from the past, as by a replica that lags.
 */
import { MemoryBucket } from "../../src/backend/memory-bucket.js"
import type { Entry, WatchListener } from "../../src/contracts/bucket.js"
import type { BusMessage } from "../../src/contracts/bus.js"
import { CLAIM_KEY } from "../../src/protocol/names.js"
import type { Clock } from "../../src/time/clock.js"
import type { Chance } from "./chance.js"
import type { Link, Weather } from "./link.js"
import type { Timeline } from "./timeline.js"

/** The time at which every run begins, on the server's clock. */
export const EPOCH_MS = 1_700_000_000_000

/** Above this longest delay a cluster is slow inside as well, in ms. */
const SLOW_MS = 80

export interface VirtualSubscription {
  readonly link: Link
  readonly subject: string
  readonly callback: (error: Error | null, message: BusMessage) => void
  isOpen: boolean
}

/** How a requester learns what came of its request. */
export interface Inbox {
  readonly link: Link
  readonly answered: (message: BusMessage) => void
  readonly unheard: () => void
}

export class VirtualServer {
  readonly bucket: MemoryBucket
  readonly #timeline: Timeline
  readonly #chance: Chance
  readonly #weather: Weather
  readonly #subscriptions = new Map<string, Set<VirtualSubscription>>()
  #watchers = new Set<WatchListener>()
  #log: Entry[] = []
  /** Told what arrives; for traces. */
  onTraffic: ((what: string) => void) | undefined
  /** Told who is refused at once, and when that was asked. */
  onRefused: (link: Link, askedMs: number) => void = () => {}
  /** Told of each read that arrives. */
  onRead: (link: Link, key: string) => void = () => {}
  /** Done right after the claim is written next. */
  onceClaimed: (() => void) | undefined
  /** Until when JetStream refuses. */
  outUntilMs = 0
  /** Links whose next reads look this many revisions back. */
  readonly staleReads = new Map<Link, number>()

  constructor(timeline: Timeline, ttlMs: number, chance: Chance, weather: Weather) {
    const clock: Clock = {
      now: () => ({ monoMs: timeline.nowMs, wallMs: EPOCH_MS + timeline.nowMs }),
      after: (ms, wake) => timeline.at(timeline.nowMs + ms, wake),
    }
    this.#timeline = timeline
    this.#chance = chance
    this.#weather = weather
    this.bucket = new MemoryBucket(clock, ttlMs)
    this.bucket.watch({
      heard: (entry) => {
        this.#log.push(entry)
        this.onTraffic?.(`${entry.key} is written, revision ${entry.revision}`)
        if (entry.key === CLAIM_KEY && !entry.deleted) this.#claimed()
        for (const watcher of this.#watchers) watcher.heard(entry)
      },
    })
  }

  subscribe(subscription: VirtualSubscription): void {
    const { subject } = subscription
    const there = this.#subscriptions.get(subject) ?? new Set()
    there.add(subscription)
    this.#subscriptions.set(subject, there)
  }

  unsubscribe(subscription: VirtualSubscription): void {
    this.#subscriptions.get(subscription.subject)?.delete(subscription)
  }

  publish(subject: string, data: Uint8Array, inbox?: Inbox): void {
    const there = this.#subscriptions.get(subject)
    this.onTraffic?.(`${subject} to ${there?.size ?? 0}`)
    if (inbox && !there?.size) return inbox.link.down(inbox.unheard, true)
    for (const subscription of there ?? []) {
      const { link } = subscription
      const message = messageFor(link, subject, data, inbox)
      link.hear(() => {
        if (subscription.isOpen) subscription.callback(null, message)
      })
    }
  }

  get nowMs(): number {
    return this.#timeline.nowMs
  }

  /** Whether what `link` asked at `askedMs` is refused at once. */
  refuses(link: Link, askedMs: number): boolean {
    if (this.#timeline.nowMs >= this.outUntilMs) return false
    this.onRefused(link, askedMs)
    return true
  }

  /** The entry under `key`, possibly as it was some revisions ago. */
  async read(link: Link, key: string): Promise<Entry | undefined> {
    const back = this.#staleness(link)
    this.onRead(link, key)
    this.onTraffic?.(`${key} is read${back === 0 ? "" : `, ${back} revisions ago`}`)
    if (back === 0) return this.bucket.get(key)
    const latest = this.#log.at(-1)?.revision ?? 0
    return this.#log.findLast((entry) => entry.key === key && entry.revision <= latest - back)
  }

  /** Sends `watcher` all that lives, and from then on each change. */
  async watch(watcher: WatchListener): Promise<void> {
    const stop = await this.bucket.watch(watcher)
    stop()
    this.#watchers.add(watcher)
  }

  unwatch(watcher: WatchListener): void {
    this.#watchers.delete(watcher)
  }

  /** As if the bucket was purged; or made anew, then revisions go `back` and watches are blind. */
  wipe(back: number): void {
    this.bucket.wipe(back)
    if (back === 0) return
    this.#log = []
    this.#watchers = new Set()
  }

  /** Answers of JetStream come from whichever server leads the stream: they may be overtaken by other messages. */
  inCluster(answer: () => void): void {
    const { delayMs } = this.#weather
    if (delayMs < SLOW_MS) return answer()
    this.#timeline.at(this.#timeline.nowMs + this.#chance.next() * delayMs * 0.1, answer)
  }

  /** Whether a claim was written at this revision of the bucket as it is now. */
  hasClaim(revision: number): boolean {
    return this.#log.some((entry) => entry.revision === revision && entry.key === CLAIM_KEY)
  }

  #claimed(): void {
    const { onceClaimed } = this
    this.onceClaimed = undefined
    if (onceClaimed) this.#timeline.at(this.#timeline.nowMs, onceClaimed)
  }

  #staleness(link: Link): number {
    const ordered = this.staleReads.get(link)
    if (ordered) {
      this.staleReads.delete(link)
      return ordered
    }
    return this.#weather.stale === 0
      ? 0
      : Math.floor(this.#chance.next() * (this.#weather.stale + 1))
  }
}

function messageFor(link: Link, subject: string, data: Uint8Array, inbox?: Inbox): BusMessage {
  return {
    subject,
    data,
    respond: (payload) => {
      if (!inbox) return false
      const answer = { subject: "inbox", data: bytes(payload), respond: () => false }
      link.up(() => inbox.link.down(() => inbox.answered(answer), true), true)
      return true
    },
  }
}

const encoder = new TextEncoder()

function bytes(payload: Uint8Array | string | undefined): Uint8Array {
  return payload instanceof Uint8Array ? payload : encoder.encode(payload ?? "")
}
