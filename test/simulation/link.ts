/**
 * The connection between one process and the server, as TCP gives it: in order and without doubles, each way on its
 * own. A cut holds what is sent; if it heals unnoticed everything arrives then. If it is noticed, the connection is
 * given up: what was under way is lost, what is sent from then on waits for the next connection.
 *
 * Single messages can be lost as well: a server that is busy, or between two stream leaders, drops requests and
 * answers.
 */
import type { Cancel } from "../../src/time/clock.js"
import type { Chance } from "./chance.js"
import type { Machine } from "./machine.js"
import type { Timeline } from "./timeline.js"

/** The weather on all links. */
export interface Weather {
  /** The longest delay of a message, in ms; most are far shorter. */
  delayMs: number
  /** The share of messages that are lost. */
  loss: number
  /** How many revisions back a read may look. */
  stale: number
}

export type Way = "up" | "down"
type Deliver = () => void

const SHORTEST_DELAY_MS = 0.1
const RECONNECT_MS = 5

/** One way of a connection. */
class Path {
  isCut = false
  /** How many of the next messages are lost. */
  losing = 0
  #held: Deliver[] = []
  #lastMs = 0
  #connection = 0

  constructor(
    readonly timeline: Timeline,
    readonly chance: Chance,
    readonly weather: Weather,
  ) {}

  send(deliver: Deliver, canBeLost: boolean): void {
    if (canBeLost && this.#isLost()) return
    const { timeline, chance, weather } = this
    const luck = weather.delayMs > 0 ? chance.next() : 0
    const atMs = timeline.nowMs + SHORTEST_DELAY_MS + luck * luck * luck * weather.delayMs
    this.#lastMs = Math.max(this.#lastMs, atMs)
    const connection = this.#connection
    timeline.at(this.#lastMs, () => {
      if (connection !== this.#connection) return
      if (this.isCut) this.#held.push(deliver)
      else deliver()
    })
  }

  heal(): void {
    this.isCut = false
    const { timeline } = this
    this.#lastMs = Math.max(this.#lastMs, timeline.nowMs)
    for (const deliver of this.#held.splice(0)) timeline.at(timeline.nowMs, deliver)
  }

  /** The connection is gone, and with it what was under way. */
  drop(): void {
    this.#connection += 1
    this.#held = []
  }

  #isLost(): boolean {
    if (this.losing > 0) {
      this.losing -= 1
      return true
    }
    return this.weather.loss > 0 && this.chance.next() < this.weather.loss
  }
}

export class Link {
  readonly machine: Machine
  readonly #timeline: Timeline
  readonly #up: Path
  readonly #down: Path
  /** Until when messages, unlike requests and answers, get lost: on their way down, and up. */
  #deafUntilMs = 0
  #muteUntilMs = 0
  /** What is sent while there is no connection; undefined while there is one. */
  #outbox: [Deliver, boolean][] | undefined
  #detection: Cancel | undefined
  #isClosed = false
  /** The process noticed that the connection is lost, or is back. */
  onConnection: (isUp: boolean) => void = () => {}
  /** The server noticed that the connection is gone. */
  onDropped: () => void = () => {}
  /** A new connection stands: subscribe again. */
  onReconnected: () => void = () => {}

  constructor(timeline: Timeline, machine: Machine, chance: Chance, weather: Weather) {
    this.#timeline = timeline
    this.machine = machine
    this.#up = new Path(timeline, chance, weather)
    this.#down = new Path(timeline, chance, weather)
  }

  /** To the server. */
  up(deliver: Deliver, canBeLost = false): void {
    if (this.#isClosed) return
    if (this.#outbox) this.#outbox.push([deliver, canBeLost])
    else this.#up.send(deliver, canBeLost)
  }

  /** To the process. */
  down(deliver: Deliver, canBeLost = false): void {
    if (this.#isClosed) return
    this.#down.send(() => this.machine.take(deliver), canBeLost)
  }

  /** A message to the server, as opposed to a request. */
  tell(deliver: Deliver): void {
    if (this.#timeline.nowMs >= this.#muteUntilMs) this.up(deliver, true)
  }

  /** A message to the process, as opposed to an answer. */
  hear(deliver: Deliver): void {
    if (this.#timeline.nowMs >= this.#deafUntilMs) this.down(deliver, true)
  }

  deafen(ms: number): void {
    this.#deafUntilMs = this.#timeline.nowMs + ms
  }

  mute(ms: number): void {
    this.#muteUntilMs = this.#timeline.nowMs + ms
  }

  /** Loses the next `count` messages that can be lost. */
  lose(way: Way, count: number): void {
    this.#path(way).losing += count
  }

  /** What was to be lost and did not come yet is not lost. */
  loseNoMore(): void {
    this.#up.losing = this.#down.losing = 0
  }

  /** Cuts one or both ways; noticed after `detectMs`, if it lasts that long. */
  cut(ways: readonly Way[], detectMs: number | undefined): void {
    for (const way of ways) this.#path(way).isCut = true
    if (detectMs === undefined || this.#detection || this.#outbox) return
    const { nowMs } = this.#timeline
    this.#detection = this.#timeline.at(nowMs + detectMs, () => this.#drop())
  }

  /** Lets through what waits, and what comes; whatever else is the matter stays. */
  healPaths(ways: readonly Way[] = ["up", "down"]): void {
    for (const way of ways) this.#path(way).heal()
  }

  heal(): void {
    if (this.#isClosed) return
    this.#detection?.()
    this.#detection = undefined
    this.loseNoMore()
    this.#deafUntilMs = this.#muteUntilMs = 0
    this.healPaths()
    if (this.#outbox)
      this.#timeline.at(this.#timeline.nowMs + RECONNECT_MS, () => this.#reconnect())
  }

  /** The process is gone. What it sent before is still delivered, unless `isLost`. */
  close(isLost: boolean): void {
    this.#isClosed = true
    this.#detection?.()
    if (isLost) this.#up.drop()
    this.#down.drop()
    this.#outbox = undefined
    this.onDropped()
  }

  #drop(): void {
    this.#detection = undefined
    if (this.#isClosed) return
    this.#outbox = []
    this.#up.drop()
    this.#down.drop()
    this.onDropped()
    this.machine.take(() => this.onConnection(false))
  }

  #reconnect(): void {
    if (this.#isClosed || !this.#outbox || this.#up.isCut || this.#down.isCut) return
    const outbox = this.#outbox
    this.#outbox = undefined
    this.onReconnected()
    for (const [deliver, canBeLost] of outbox) this.#up.send(deliver, canBeLost)
    this.machine.take(() => this.onConnection(true))
  }

  #path(way: Way): Path {
    return way === "up" ? this.#up : this.#down
  }
}
