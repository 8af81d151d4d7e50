/**
 * A member's own entry: written when it joins, renewed while it stays, deleted when it leaves. Its place in the
 * line is its start time on the server's clock, so a machine with a wrong clock neither jumps the queue nor waits
 * for ever.
 */
import type { Bucket } from "../contracts/bucket.js"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { RefusedInDoubt, untilAnswered } from "../contracts/until-answered.js"
import { RevisionMismatch } from "../errors/errors.js"
import { HEIR_FIRST_MS } from "../lease/timings.js"
import { decodeMember, encodeMember, type Member, memberKey } from "../protocol/member.js"
import type { Cancel, Clock, Instant } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import { within } from "../time/within.js"
import { ServerClock } from "./server-clock.js"

/** What a member says about itself; key and start are found when it joins. */
export type SelfPortrait = Omit<Member, "key" | "start" | "beat">

export interface MembershipOptions {
  readonly bucket: Bucket
  readonly clock: Clock
  /** How often it looks whether the entry is to be renewed, in ms. */
  readonly beatMs: number
  /** How long the entry may stay without a renewal just now, in ms, if that is longer than `beatMs`. */
  readonly restMs?: (() => number | undefined) | undefined
  /** Asked before each renewal. */
  readonly portrait: () => SelfPortrait
  /** Told when something needs saying: a renewal failed, a key was taken by somebody else. */
  readonly troubles: Troubles
}

/** A beat may come early, or the write before have been late, by this share of one. */
const EARLY = 0.25

/** How often a refused write, or a read that shows the past, is looked into before it counts as failed. */
const TRIES = 8
/** A replica that shows the past is asked again after this long, in ms. */
const LAG_MS = 20
/** How long a first entry may take to be answered, in ms. */
const JOINING_MS = 5_000

export class Membership {
  readonly #options: MembershipOptions
  readonly #serverClock: ServerClock
  #start = 0
  #key = ""
  /** The last revision known under the key: this member's own, a deletion's mark, or 0 for nothing. */
  #revision = 0
  /** Whether that revision is this member's entry. */
  #isThere = false
  /** Until when the last entry that was written said that it would be renewed, on the monotonic clock. */
  #promisedMs = 0
  #cancelBeat: Cancel | undefined
  #isLeft = false
  /** Writes follow one another. */
  #writing: Promise<void> = Promise.resolve()
  /** The one that waits for its turn; it will write whatever is so by then, so there is never more than one. */
  #queued: Promise<void> | undefined

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#serverClock = new ServerClock(options.bucket, options.clock)
  }

  /** Milliseconds since 1970 on the server's clock at the instant `at`. */
  serverMs(at: Instant = this.#options.clock.now()): number {
    return this.#serverClock.msAt(at)
  }

  /** `<start>.<name>`; empty before joining. */
  get key(): string {
    return this.#key
  }

  /** Microseconds since 1970 on the server's clock; 0 before joining. */
  get start(): number {
    return this.#start
  }

  get member(): Member {
    const beat = this.#options.restMs?.()
    const own = { key: this.#key, start: this.#start }
    return { ...this.#options.portrait(), ...own, ...(beat !== undefined && { beat }) }
  }

  /** Learns the server's clock and creates the entry. */
  async join(): Promise<void> {
    this.#start = Math.round((await this.#serverClock.read()) * 1000)
    this.#key = memberKey(this.#start, this.#options.portrait().name)
    await this.#write(Math.max(JOINING_MS, this.#options.beatMs))
    if (!this.#isLeft) this.#beatLater()
  }

  /** Writes the entry now, because something in it changed. Never rejects; what fails is reported. */
  renew(): Promise<void> {
    if (!this.#queued) {
      this.#queued = this.#writing.then(() => {
        this.#queued = undefined
        return this.#renew()
      })
      this.#writing = this.#queued
    }
    return this.#queued
  }

  /** The same once the reign is `handedOn`, or HEIR_FIRST_MS later: this write would stand before the claim of the heir. */
  async renewAfter(handedOn: Promise<void>): Promise<void> {
    await within(this.#options.clock, HEIR_FIRST_MS, handedOn).catch(() => {})
    await this.renew()
  }

  /** Deletes the entry, if it is still this member's. Never rejects; the entry of one that failed expires. */
  async leave(): Promise<void> {
    this.#isLeft = true
    this.#cancelBeat?.()
    await this.#writing
    const { clock, beatMs } = this.#options
    try {
      // Without a server nobody waits for longer than the entry will take to expire.
      await within(clock, beatMs, this.#remove())
    } catch (error) {
      this.#options.troubles.report("the entry could not be deleted; it will expire", error)
    }
  }

  async #renew(): Promise<void> {
    if (this.#isLeft || this.#key === "") return
    const { clock, beatMs, troubles } = this.#options
    try {
      // The next one must not wait for an answer that was lost.
      await within(clock, beatMs, this.#write(beatMs))
      troubles.works("entry")
    } catch (error) {
      troubles.fails("entry", "the entry was not renewed", error)
    }
  }

  /** Writes the entry, whatever happened to it since. */
  async #write(withinMs: number): Promise<void> {
    const { bucket, clock } = this.#options
    const pace = new Pace({ clock, firstMs: LAG_MS })
    for (let tries = 1; ; tries++) {
      const key = this.#key
      try {
        const { member } = this
        const [bytes, over] = [encodeMember(member), this.#revision]
        const promisedMs = clock.now().monoMs + (member.beat ?? this.#options.beatMs)
        const once = () => bucket.write(key, bytes, over)
        const revision = await untilAnswered(clock, withinMs, once)
        this.#promisedMs = promisedMs
        this.#revision = revision
        this.#isThere = true
        return
      } catch (error) {
        if (!isRefusal(error) || tries === TRIES) throw error
        if (key === this.#key) await this.#lookInto(key, pace)
      }
    }
  }

  /** The entry is not at the revision it should be: learns why. */
  async #lookInto(key: string, pace: Pace): Promise<void> {
    const { bucket, portrait, troubles } = this.#options
    const entry = await bucket.get(key)
    const revision = entry?.revision ?? 0
    // The read shows the past: this revision was refused.
    if (revision === this.#revision) await pace.wait()
    const isGone = !entry || entry.deleted
    if (isGone || idIn(key, entry.value) === portrait().id) {
      // It expired, or the bucket was wiped, or an acknowledgement was lost.
      this.#revision = revision
      this.#isThere = !isGone
      return
    }
    if (this.#isThere) troubles.report(`somebody else wrote the entry ${key}; taking a new one`)
    this.#start += 1
    this.#key = memberKey(this.#start, portrait().name)
    this.#revision = 0
    this.#isThere = false
  }

  async #remove(): Promise<void> {
    const { bucket, clock, beatMs } = this.#options
    const pace = new Pace({ clock, firstMs: LAG_MS })
    for (let tries = 1; this.#isThere; tries++) {
      try {
        await untilAnswered(clock, beatMs, () => bucket.remove(this.#key, this.#revision))
        return
      } catch (error) {
        if (!isRefusal(error) || tries === TRIES) throw error
        await this.#lookInto(this.#key, pace)
      }
    }
  }

  #beatLater(): void {
    const { clock, beatMs } = this.#options
    this.#cancelBeat = clock.after(beatMs, () => {
      this.#beatLater()
      if (this.#rests()) return
      const renewed = this.renew().then(() => {
        if (!this.#isLeft) return this.#serverClock.refresh()
      })
      unawaited(renewed, unexpected(this.#options.troubles.report))
    })
  }

  /** Whether the entry needs no renewal before the next beat. */
  #rests(): boolean {
    const { clock, beatMs, restMs } = this.#options
    const nextMs = clock.now().monoMs + beatMs
    return restMs?.() !== undefined && nextMs <= this.#promisedMs + beatMs * EARLY
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof RevisionMismatch || error instanceof RefusedInDoubt
}

/** The id of the member in an entry; undefined if nobody can read it. */
function idIn(key: string, value: Uint8Array): string | undefined {
  try {
    return decodeMember(key, value).id
  } catch {
    return undefined
  }
}
