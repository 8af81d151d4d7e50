/**
 * Everybody's entries, live, for those who need all of them: the leader, who ranks them, and the dashboard.
 * A server tells nobody when an entry expires, so an entry that was not renewed for longer than it can live is
 * taken as gone.
 */
import type { Bucket, Entry, StopWatch } from "./bucket.js"
import { decodeClaim } from "./claim.js"
import type { Cancel, Clock } from "./clock.js"
import type { Found } from "./election-words.js"
import { reasonOf } from "./errors.js"
import { lapsesAt } from "./lease.js"
import { bySeniority, decodeMember, isMemberKey, type Member } from "./member.js"
import { CLAIM_KEY, CLOCK_KEY } from "./names.js"

/** How a member went: it left kindly, its supervisor saw it die, or its entry was not renewed. */
export type Departure = "left" | "evicted" | "expired"

/** What changed. */
export type RosterChange =
  | { readonly type: "joined"; readonly member: Member }
  | { readonly type: "changed"; readonly member: Member; readonly was: Member }
  | { readonly type: "gone"; readonly member: Member; readonly how: Departure }
  | { readonly type: "claim"; readonly found: Found }
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
  readonly monoMs: number
}

export class Roster {
  readonly #options: RosterOptions
  readonly #seen = new Map<string, Seen>()
  /** Revisions that nobody can read and that were reported, by key. */
  readonly #reported = new Map<string, number>()
  /** Keys heard since the watch was opened anew; those not among them are gone when it has caught up. */
  #heardAgain: Set<string> | undefined
  #stopWatch: StopWatch | undefined
  #stopSweep: Cancel | undefined
  #isStopped = false
  #wasDeaf = false

  constructor(options: RosterOptions) {
    this.#options = options
  }

  /** Begins to watch. Rejects if the bucket can't be watched. */
  async start(): Promise<void> {
    const stop = await this.#options.bucket.watch({
      heard: (entry) => this.#heard(entry),
      caughtUp: () => this.#caughtUp(),
      restart: () => {
        this.#heardAgain = new Set()
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

  /** When the entry under `key` was last seen renewed, on the monotonic clock. */
  seenMs(key: string): number | undefined {
    return this.#seen.get(key)?.monoMs
  }

  #heard(entry: Entry): void {
    if (this.#isStopped) return
    this.#heardAgain?.add(entry.key)
    if (entry.key === CLAIM_KEY) {
      this.#tell({ type: "claim", found: foundIn(entry) })
    } else if (entry.key !== CLOCK_KEY) {
      this.#heardMember(entry)
    }
  }

  #heardMember(entry: Entry): void {
    if (entry.deleted) return this.#drop(entry.key, entry.evicted ? "evicted" : "left")
    let member: Member
    try {
      member = decodeMember(entry.key, entry.value)
    } catch (error) {
      // A watch that is opened anew shows it again.
      if (this.#reported.get(entry.key) === entry.revision) return
      this.#reported.set(entry.key, entry.revision)
      return this.#tell({ type: "unreadable", key: entry.key, reason: reasonOf(error) })
    }
    const was = this.#seen.get(entry.key)?.member
    this.#seen.set(entry.key, { member, monoMs: this.#options.clock.now().monoMs })
    this.#tell(was ? { type: "changed", member, was } : { type: "joined", member })
  }

  #caughtUp(): void {
    const heard = this.#heardAgain
    this.#heardAgain = undefined
    if (!heard) return this.#tell({ type: "complete" })
    for (const key of [...this.#seen.keys()]) if (!heard.has(key)) this.#missed(key)
    if (!heard.has(CLAIM_KEY)) this.#tell({ type: "claim", found: { kind: "none", revision: 0 } })
  }

  /** A view that was opened anew has no such entry; where the server was away, they are written again only now. */
  #missed(key: string): void {
    const { canHear, clock, memberTtlMs } = this.#options
    const seen = this.#seen.get(key)
    if (!seen || !canHear) return this.#drop(key, "expired")
    this.#seen.set(key, { ...seen, monoMs: clock.now().monoMs - memberTtlMs / 3 })
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
    this.#wasDeaf = isDeaf
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

/** What the entry under the claim's key says. */
export function foundIn(entry: Entry | undefined): Found {
  if (!entry || entry.deleted) return { kind: "none", revision: entry?.revision ?? 0 }
  try {
    const standing = { claim: decodeClaim(entry.value), revision: entry.revision }
    return { kind: "claim", standing }
  } catch {
    return { kind: "broken", revision: entry.revision }
  }
}

/** The members in `entries`, those that can be read, in order of seniority. */
export function membersIn(entries: readonly Entry[]): Member[] {
  const members: Member[] = []
  for (const entry of entries) {
    if (!isMemberKey(entry.key)) continue
    try {
      members.push(decodeMember(entry.key, entry.value))
    } catch {
      // Not a member that this version can read; the roster reports it, here it can only be left out.
    }
  }
  return members.sort(bySeniority)
}
