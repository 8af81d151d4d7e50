/**
 * A pool as somebody sees it who waits for something to come of what he did: its members live, each claim as it is
 * announced, and a promise for the moment at which something is so.
 */
import type { NatsConnection } from "nats"
import type { BusSubscription } from "../contracts/bus.js"
import { NoWorkers, PoolError } from "../errors/errors.js"
import { bucketSettingsOf } from "../jetstream/bucket-settings.js"
import { ANSWER_MS, findKvBucket } from "../jetstream/kv-bucket.js"
import { Roster } from "../membership/roster.js"
import { hearClaims } from "../protocol/announcements.js"
import type { StandingClaim } from "../protocol/claim.js"
import type { Member } from "../protocol/member.js"
import { namesOf } from "../protocol/names.js"
import { systemClock } from "../time/system-clock.js"
import { viewOf } from "./pool-view.js"

/** What was waited for did not happen. */
export class NotInTime extends PoolError {
  override readonly name = "NotInTime"
  override readonly code = "not-in-time"
  constructor(
    readonly what: string,
    readonly waitedMs: number,
  ) {
    super(`${what} within ${waitedMs} ms; see what is so with: pool members`)
  }
}

export class PoolWatch {
  readonly #roster: Roster
  readonly #claims: BusSubscription
  #standing: StandingClaim | undefined
  #look: () => void = () => {}

  private constructor(
    roster: (onChange: () => void) => Roster,
    claims: (heard: (standing: StandingClaim) => void) => BusSubscription,
  ) {
    this.#roster = roster(() => this.#look())
    this.#claims = claims((standing) => {
      this.#standing = standing
      this.#look()
    })
  }

  /** Begins to watch `pool`; resolves when everything is known. Throws NoWorkers if there is no such pool. */
  static async open(connection: NatsConnection, pool: string): Promise<PoolWatch> {
    const names = namesOf(pool)
    const bucket = await findKvBucket(connection, names.bucket)
    const settings = await bucketSettingsOf(connection, names.bucket)
    if (!bucket || !settings) throw new NoWorkers(pool)
    const { ttlMs: memberTtlMs } = settings
    let isComplete = false
    const watch = new PoolWatch(
      (onChange) =>
        new Roster({
          bucket,
          memberTtlMs,
          clock: systemClock,
          onChange: ({ type }) => {
            if (type === "complete") isComplete = true
            onChange()
          },
        }),
      (heard) => hearClaims(connection, names, heard),
    )
    try {
      await watch.#roster.start()
      const { standing, isHeld } = await viewOf(connection, pool)
      watch.#standing ??= isHeld ? standing : undefined
      await watch.until("the bucket was not read", () => isComplete, ANSWER_MS)
      return watch
    } catch (error) {
      watch.stop()
      throw error
    }
  }

  /** In order of seniority. */
  get members(): Member[] {
    return this.#roster.members
  }

  /** The member with this id, while it is there. */
  member(id: string): Member | undefined {
    return this.members.find((member) => member.id === id)
  }

  /** For how long the entry of `member` was not renewed, in ms, if it has missed a renewal. */
  silentMs({ key }: Member): number | undefined {
    return this.#roster.isLate(key) ? this.#roster.silentMs(key) : undefined
  }

  /** The claim that holds, as far as was heard. */
  get held(): StandingClaim | undefined {
    return this.#standing?.claim.released ? undefined : this.#standing
  }

  /**
   * Resolves with what `found` finds, as soon as it finds something; looks at each change. Throws NotInTime after
   * `ms`, with `what` in words: "b has not left". One wait at a time.
   */
  until<T>(what: string, found: () => T | undefined | false, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#look = () => {}
        reject(new NotInTime(what, ms))
      }, ms)
      this.#look = () => {
        const it = found()
        if (!it) return
        clearTimeout(timer)
        this.#look = () => {}
        resolve(it)
      }
      this.#look()
    })
  }

  stop(): void {
    this.#roster.stop()
    this.#claims.unsubscribe()
  }
}
