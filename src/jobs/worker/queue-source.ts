/**
 * The jobs of one queue as one worker gets them, of all priorities: the urgent ones first, and never more than it has room
 * for. Each priority is a source of its own, so which of them has any must be seen:
 *
 * - While nothing more urgent is known of, all that is free is asked of priority 0, and one job of each other; what comes of
 *   those tells whether more wait.
 * - While priority 0 has a backlog such a request would take a place that another fills at once. So what is urgent is looked
 *   for every now and then, before a place that became free is filled.
 * - While urgent ones wait, they get what is free; every tenth time what is below them does, so that none waits for ever.
 *
 * Who had room when it asked may have none when the answer comes: that job is given back by whoever hears of it.
 */
import { unawaited } from "../../contracts/unawaited.js"
import { type Cancel, type Clock, monoMsOf } from "../../time/clock.js"
import { HIGHEST_PRIORITY } from "../contract/job-names.js"
import type { Delivery, JobSource, JobStore, SourceOptions } from "../contract/job-store.js"

/** How long what was seen of a priority is taken to be so still, at least, in ms; and in times of what the look took. */
const SEEN_MS = 20
const SEEN_LOOKS = 10
/** Of so many looks while urgent jobs wait one is for those below them. */
const TURNS = 10

export interface QueueSourceOptions extends Omit<SourceOptions, "priority"> {
  readonly store: Pick<JobStore, "source">
  readonly clock: Clock
  /** Something that must not happen did. */
  readonly broke: (thrown: unknown) => void
}

/** What is known of one priority. */
interface Level {
  readonly source: JobSource
  /** How many more waited when one came last, or 0 if a look found fewer than it asked for; and when that was. */
  pending: number
  seenMs: number
  /** Looks since what is below it had one. */
  turns: number
}

export class QueueSource {
  readonly #options: QueueSourceOptions
  /** The most urgent first. */
  #urgent: Level[] = []
  #usual: Level | undefined
  #free = 0
  /** Which is looked at, and how many of what it was asked for have not come. */
  #look: { readonly level: Level; left: number } | undefined
  /** How long what was seen is taken to be so: or a server far away would be asked for nothing else. */
  #seenForMs = SEEN_MS
  readonly #failing = new Set<number>()
  #cancelAgain: Cancel | undefined
  #isClosed = false

  private constructor(options: QueueSourceOptions) {
    this.#options = options
  }

  /** Opens all priorities. Throws what the store throws. */
  static async open(options: QueueSourceOptions): Promise<QueueSource> {
    const own = new QueueSource(options)
    const priorities = Array.from({ length: HIGHEST_PRIORITY + 1 }, (_, n) => HIGHEST_PRIORITY - n)
    const levels = await Promise.all(priorities.map((priority) => own.#open(priority)))
    own.#usual = levels.pop()
    own.#urgent = levels
    return own
  }

  /** How long a job is its worker's without a renewal, in ms; of some it may be longer. */
  get leaseMs(): number {
    return Math.min(...this.#levels.map(({ source }) => source.leaseMs))
  }

  /** There is room for so many. */
  want(count: number): void {
    this.#free = count
    this.#ask()
  }

  /** There is room for none, and what was asked for is not wanted any more. */
  release(): void {
    this.#free = 0
    for (const { source } of this.#levels) source.release()
  }

  /** Asks for no more. Resolves once all that was on its way has been heard. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelAgain?.()
    await Promise.all(this.#levels.map(({ source }) => source.close()))
  }

  get #levels(): Level[] {
    return this.#usual ? [...this.#urgent, this.#usual] : []
  }

  async #open(priority: number): Promise<Level> {
    const { store, queue, leaseMs, limit, heard, told } = this.#options
    const source = await store.source({
      ...{ queue, priority, leaseMs, limit },
      heard: (delivery) => {
        this.#heard(level, delivery)
        heard(delivery)
      },
      told: (trouble) => {
        if (trouble !== undefined) this.#failing.add(priority)
        else this.#failing.delete(priority)
        if (trouble !== undefined || this.#failing.size === 0) told(trouble)
      },
    })
    const level: Level = { source, pending: 0, seenMs: Number.NEGATIVE_INFINITY, turns: 0 }
    return level
  }

  #heard(level: Level, { pending }: Delivery): void {
    this.#free = Math.max(0, this.#free - 1)
    level.pending = pending
    level.seenMs = this.#nowMs()
    if (this.#look?.level === level) this.#look.left -= 1
  }

  #ask(): void {
    const usual = this.#usual
    if (!usual || this.#isClosed) return
    // A look that has all it asked for ends in this turn, and tells whether there are more.
    if (this.#look && this.#look.left <= 0) return
    const nowMs = this.#nowMs()
    if (!this.#look && this.#free > 0) this.#beginLook(usual, nowMs)
    const isUrgent = this.#urgent.some(isWaiting)
    const left = this.#free - (this.#look?.left ?? 0)
    usual.source.want(isUrgent ? 0 : Math.max(0, left))
    const isBusy = usual.pending > 0 && this.#isSeen(usual, nowMs)
    for (const level of this.#urgent) {
      const isEmpty = level.pending === 0 && !this.#isUnknown(level, nowMs)
      const stands = left > 0 && !isBusy && isEmpty && level !== this.#look?.level
      level.source.want(stands ? 1 : 0)
    }
    if (left > 0 && isBusy && !isUrgent) this.#askAgain()
  }

  /** The backlog may be another's by then: nothing tells that none is left. */
  #askAgain(): void {
    this.#cancelAgain ??= this.#options.clock.after(this.#seenForMs, () => {
      this.#cancelAgain = undefined
      this.#ask()
    })
  }

  #beginLook(usual: Level, nowMs: number): void {
    for (const level of this.#urgent)
      if (this.#isUnknown(level, nowMs)) return this.#lookAt(level, 1)
    for (const level of this.#urgent) {
      if (!isWaiting(level)) continue
      level.turns = (level.turns + 1) % TURNS
      if (level.turns > 0) return this.#lookAt(level, this.#free)
    }
    if (this.#urgent.some(isWaiting)) this.#lookAt(usual, this.#free)
  }

  #lookAt(level: Level, count: number): void {
    const look = { level, left: count }
    const beganMs = this.#nowMs()
    this.#look = look
    const looked = level.source.look(count).then(() => {
      this.#look = undefined
      if (look.left > 0) level.pending = 0
      level.seenMs = this.#nowMs()
      this.#seenForMs = Math.max(SEEN_MS, SEEN_LOOKS * (level.seenMs - beganMs))
      this.#ask()
    })
    unawaited(looked, this.#options.broke)
  }

  /** Whether it has to be looked at to know whether any wait: no request stands by that would have got one. */
  #isUnknown(level: Level, nowMs: number): boolean {
    return level.pending === 0 && level.source.asked === 0 && !this.#isSeen(level, nowMs)
  }

  #isSeen({ seenMs }: Level, nowMs: number): boolean {
    return nowMs - seenMs < this.#seenForMs
  }

  #nowMs(): number {
    return monoMsOf(this.#options.clock)
  }
}

function isWaiting({ pending }: Level): boolean {
  return pending > 0
}
