/**
 * Everybody's entries, live, for those who need all of them: the leader, who ranks them, and the dashboard.
 * A server tells nobody when an entry expires, so an entry that was not renewed for longer than it can live is
 * taken as gone.
 */
import type { Bucket, Entry, StopWatch } from "../contracts/bucket.js"
import { reasonOf } from "../errors/errors.js"
import { lapsesAt } from "../lease/lease.js"
import { LEASES_PER_ENTRY } from "../lease/timings.js"
import { type Found, foundIn } from "../protocol/entries.js"
import { bySeniority, decodeMember, isLate, type Member } from "../protocol/member.js"
import { CLAIM_KEY, CLOCK_KEY } from "../protocol/names.js"
import type { Cancel, Clock } from "../time/clock.js"

/** How a member went: it left kindly, its supervisor saw it die, or its entry was not renewed. */
export type Departure = "left" | "evicted" | "expired"

/** What changed. */
export type RosterChange =
  | { readonly type: "joined"; readonly member: Member }
  /** Its entry was written again; `wasLate` if it had missed a renewal. */
  | {
      readonly type: "changed"
      readonly member: Member
      readonly was: Member
      readonly wasLate: boolean
    }
  /** It has missed a renewal of its entry; told once, until it renews. */
  | { readonly type: "late"; readonly member: Member }
  | { readonly type: "gone"; readonly member: Member; readonly how: Departure }
  /** The mark that somebody left behind who was never seen here. */
  | { readonly type: "absent"; readonly key: string }
  /** What stands under the claim's key, and when it was written, on the server's clock. */
  | { readonly type: "claim"; readonly found: Found; readonly writtenMs?: number }
  /** An entry that nobody can read; reported once for each revision. */
  | { readonly type: "unreadable"; readonly key: string; readonly reason: string }
  /** The first view is complete. */
  | { readonly type: "complete" }

export interface RosterOptions {
  readonly bucket: Bucket
  readonly clock: Clock
  /** How long an entry lives without a renewal, in ms. */
  readonly memberTtlMs: number
  /**
   * Whether anything can be heard just now, for those who must not take their own deafness for the others' silence:
   * then nobody is dropped, and who was not heard of has some time to be. Default: always.
   */
  readonly canHear?: () => boolean
  readonly onChange: (change: RosterChange) => void
}

interface Seen {
  readonly member: Member
  readonly revision: number
  /** When it was renewed, on the monotonic clock of this machine. */
  readonly monoMs: number
  readonly isLate: boolean
}

/** A view that is being opened: what has been heard of it. */
interface Listing {
  readonly sinceMs: number
  readonly isFirst: boolean
  readonly keys: Set<string>
  /** When what is news in it was written, on the server's clock, by key. */
  readonly writtenMs: Map<string, number>
}

export class Roster {
  readonly #options: RosterOptions
  readonly #seen = new Map<string, Seen>()
  /** Revisions that nobody can read and that were reported, by key. */
  readonly #reported = new Map<string, number>()
  /** Until the watch has caught up; keys that are not in it by then are gone. */
  #listing: Listing | undefined
  #stopWatch: StopWatch | undefined
  #stopSweep: Cancel | undefined
  #isStopped = false
  #wasDeaf = false

  constructor(options: RosterOptions) {
    this.#options = options
  }

  /** Begins to watch. Rejects if the bucket can't be watched. */
  async start(): Promise<void> {
    this.#listing = this.#newListing(true)
    const stop = await this.#options.bucket.watch({
      heard: (entry) => this.#heard(entry),
      caughtUp: () => this.#caughtUp(),
      restart: () => {
        this.#listing = this.#newListing(this.#listing?.isFirst ?? false)
      },
    })
    if (this.#isStopped) return stop()
    this.#stopWatch = stop
    this.#sweepLater()
  }

  stop(): void {
    this.#isStopped = true
    this.#stopWatch?.()
    this.#stopSweep?.()
  }

  /** All members, in order of seniority. */
  get members(): Member[] {
    return [...this.#seen.values()].map(({ member }) => member).sort(bySeniority)
  }

  /** Whether the entry under `key` has missed a renewal. */
  isLate(key: string): boolean {
    return this.#seen.get(key)?.isLate ?? false
  }

  /** For how long the entry under `key` was not renewed, in ms. */
  silentMs(key: string): number {
    const nowMs = this.#options.clock.now().monoMs
    return nowMs - (this.#seen.get(key)?.monoMs ?? nowMs)
  }

  /** The revision at which the entry under `key` was last renewed. */
  revisionOf(key: string): number {
    return this.#seen.get(key)?.revision ?? 0
  }

  #newListing(isFirst: boolean): Listing {
    const sinceMs = this.#options.clock.now().monoMs
    return { sinceMs, isFirst, keys: new Set(), writtenMs: new Map() }
  }

  #heard(entry: Entry): void {
    if (this.#isStopped) return
    this.#listing?.keys.add(entry.key)
    // One that is shown again says nothing of when it was renewed.
    const isNews = this.#seen.get(entry.key)?.revision !== entry.revision
    if (isNews) this.#listing?.writtenMs.set(entry.key, entry.writtenMs)
    if (entry.key === CLAIM_KEY) {
      this.#tell({ type: "claim", found: foundIn(entry), writtenMs: entry.writtenMs })
    } else if (entry.key !== CLOCK_KEY) {
      this.#heardMember(entry)
    }
  }

  #heardMember(entry: Entry): void {
    if (entry.deleted) {
      if (!this.#seen.has(entry.key)) return this.#tell({ type: "absent", key: entry.key })
      return this.#drop(entry.key, entry.evicted ? "evicted" : "left")
    }
    let member: Member
    try {
      member = decodeMember(entry.key, entry.value)
    } catch (error) {
      // A watch that is opened anew shows it again.
      if (this.#reported.get(entry.key) === entry.revision) return
      this.#reported.set(entry.key, entry.revision)
      return this.#tell({ type: "unreadable", key: entry.key, reason: reasonOf(error) })
    }
    const [before, { revision }] = [this.#seen.get(entry.key), entry]
    const isAgain = before?.revision === revision && before.member.id === member.id
    const { monoMs, isLate } = isAgain
      ? before
      : { monoMs: this.#options.clock.now().monoMs, isLate: false }
    this.#seen.set(entry.key, { member, revision, monoMs, isLate })
    if (!before) return this.#tell({ type: "joined", member })
    const wasLate = before.isLate && !isLate
    this.#tell({ type: "changed", member, was: before.member, wasLate })
  }

  #caughtUp(): void {
    const listing = this.#listing
    this.#listing = undefined
    if (!listing) return
    this.#ageBy(listing)
    if (listing.isFirst) return this.#tell({ type: "complete" })
    for (const key of [...this.#seen.keys()]) if (!listing.keys.has(key)) this.#missed(key)
    if (listing.keys.has(CLAIM_KEY)) return
    this.#tell({ type: "claim", found: { kind: "none", revision: 0 } })
  }

  /** What a view begins with was written before it was heard; the server's clock says how long before the rest. */
  #ageBy({ writtenMs }: Listing): void {
    const newestMs = Math.max(...writtenMs.values())
    for (const [key, itsMs] of writtenMs) {
      const seen = this.#seen.get(key)
      if (!seen) continue
      const ageMs = Math.min(newestMs - itsMs, this.#options.memberTtlMs)
      this.#seen.set(key, { ...seen, monoMs: seen.monoMs - ageMs })
    }
    this.#noteLate()
  }

  #noteLate(): void {
    const { clock, memberTtlMs } = this.#options
    const nowMs = clock.now().monoMs
    for (const [key, seen] of this.#seen) {
      if (seen.isLate || !isLate(seen.member, nowMs - seen.monoMs, memberTtlMs)) continue
      this.#seen.set(key, { ...seen, isLate: true })
      this.#tell({ type: "late", member: seen.member })
    }
  }

  /** A view that was opened anew has no such entry; where the server was away, they are written again only now. */
  #missed(key: string): void {
    const { canHear, clock, memberTtlMs } = this.#options
    const seen = this.#seen.get(key)
    if (!seen || !canHear) return this.#drop(key, "expired")
    this.#seen.set(key, { ...seen, monoMs: clock.now().monoMs - memberTtlMs / LEASES_PER_ENTRY })
  }

  #sweepLater(): void {
    const { clock, memberTtlMs } = this.#options
    const everyMs = memberTtlMs / 6
    const dueMs = clock.now().monoMs + everyMs
    this.#stopSweep = clock.after(everyMs, () => {
      const nowMs = clock.now().monoMs
      // A process that stood still heard nobody meanwhile.
      if (nowMs - dueMs > everyMs) this.#wasDeaf = true
      this.#sweep(nowMs)
      this.#sweepLater()
    })
  }

  #sweep(nowMs: number): void {
    const { canHear, memberTtlMs } = this.#options
    const isDeaf = canHear?.() === false
    for (const [key, seen] of this.#seen) {
      if (this.#wasDeaf) this.#seen.set(key, { ...seen, monoMs: nowMs })
      else if (!isDeaf && nowMs > lapsesAt(seen.monoMs, memberTtlMs)) this.#drop(key, "expired")
    }
    if (!isDeaf) this.#noteLate()
    this.#wasDeaf = isDeaf
    const { sinceMs = nowMs, keys } = this.#listing ?? {}
    // Server 2.9 may never say that it was all: by now everybody who lives has renewed.
    if (keys?.size && nowMs - sinceMs >= memberTtlMs / 2) this.#caughtUp()
  }

  #drop(key: string, how: Departure): void {
    const seen = this.#seen.get(key)
    if (!seen) return
    this.#seen.delete(key)
    this.#tell({ type: "gone", member: seen.member, how })
  }

  #tell(change: RosterChange): void {
    if (!this.#isStopped) this.#options.onChange(change)
  }
}
