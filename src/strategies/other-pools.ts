/**
 * Who leads other pools, for strategies that keep away from them. Read from those pools' own buckets, and read again
 * when a new reign is announced there, and from time to time, for a pool that is gone announces nothing. What can't be
 * read is not known, and then nothing is avoided: a strategy is a wish, and leading comes first.
 */
import type { Bucket } from "../contracts/bucket.js"
import type { Bus } from "../contracts/bus.js"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { hearClaims } from "../protocol/announcements.js"
import { reignOf, type StandingClaim } from "../protocol/claim.js"
import { foundIn } from "../protocol/entries.js"
import { decodeMember } from "../protocol/member.js"
import { CLAIM_KEY, namesOf } from "../protocol/names.js"
import type { Cancel, Clock } from "../time/clock.js"
import { within } from "../time/within.js"
import type { OtherLeader, Surroundings } from "./strategy.js"

export interface OtherPoolsOptions {
  readonly pools: readonly string[]
  readonly bus: Bus
  readonly clock: Clock
  /** How often to look without a reason, in ms. */
  readonly refreshMs: number
  /** How long a look may take, in ms; what is not known by then is not known. */
  readonly answerMs: number
  /** The bucket of another pool, if it has one. */
  readonly find: (pool: string) => Promise<Bucket | undefined>
  readonly troubles: Troubles
}

export class OtherPools {
  readonly #options: OtherPoolsOptions
  #leaders: ReadonlyMap<string, OtherLeader> = new Map()
  /** Looks are numbered, and of each pool the last that came to an end: a slow one must not undo what a later one saw. */
  #looks = 0
  readonly #seen = new Map<string, number>()
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: OtherPoolsOptions) {
    this.#options = options
  }

  /** What was known when it was last looked at. */
  get around(): Surroundings {
    return { leaders: this.#leaders }
  }

  /** Looks now. Never rejects. */
  async look(): Promise<Surroundings> {
    this.#looks += 1
    const look = this.#looks
    await Promise.all(
      this.#options.pools.map(async (pool) => this.#saw(pool, await this.#leaderOf(pool), look)),
    )
    return this.around
  }

  #saw(pool: string, leader: OtherLeader | undefined, look: number): void {
    if (look < (this.#seen.get(pool) ?? 0)) return
    this.#seen.set(pool, look)
    const leaders = new Map(this.#leaders)
    if (leader) leaders.set(pool, leader)
    else leaders.delete(pool)
    this.#leaders = leaders
  }

  /** Looks now, and whenever something may have changed; `onNews` is told if it has. Returns what ends it. */
  follow(onNews: () => void): () => void {
    const { pools, bus, clock, refreshMs } = this.#options
    if (pools.length === 0) return () => {}
    let isOver = false
    let cancel: Cancel = () => {}
    let told = this.#inWords()
    const look = async () => {
      await this.look()
      const now = this.#inWords()
      if (isOver || now === told) return
      told = now
      onNews()
    }
    const lookAlone = () => unawaited(look(), unexpected(this.#options.troubles.report))
    const again = () => {
      cancel = clock.after(refreshMs, () => {
        lookAlone()
        again()
      })
    }
    const reigns = new Map<string, string>()
    const heard = (pool: string, standing: StandingClaim) => {
      const reign = JSON.stringify([reignOf(standing), standing.claim.released])
      if (reigns.get(pool) !== reign) lookAlone()
      reigns.set(pool, reign)
    }
    const subscriptions = pools.map((pool) =>
      hearClaims(bus, namesOf(pool), (standing) => heard(pool, standing)),
    )
    lookAlone()
    again()
    return () => {
      isOver = true
      cancel()
      for (const subscription of subscriptions) subscription.unsubscribe()
    }
  }

  #inWords(): string {
    return JSON.stringify(this.#options.pools.map((pool) => this.#leaders.get(pool)))
  }

  async #leaderOf(pool: string): Promise<OtherLeader | undefined> {
    const { clock, answerMs, troubles } = this.#options
    try {
      const leader = await within(clock, answerMs, this.#read(pool))
      troubles.works(`pool ${pool}`)
      return leader
    } catch (error) {
      const problem = `who leads pool ${pool} is not known; its host is not avoided`
      troubles.fails(`pool ${pool}`, problem, error)
      return undefined
    }
  }

  async #read(pool: string): Promise<OtherLeader | undefined> {
    const bucket = await this.#bucketOf(pool)
    const found = foundIn(await bucket?.get(CLAIM_KEY))
    if (!bucket || found.kind !== "claim" || found.standing.claim.released) return undefined
    const { key } = found.standing.claim
    const entry = await bucket.get(key)
    if (!entry || entry.deleted) return undefined
    const { name, host } = decodeMember(key, entry.value)
    return { name, host }
  }

  async #bucketOf(pool: string): Promise<Bucket | undefined> {
    const bucket = this.#buckets.get(pool) ?? (await this.#options.find(pool))
    if (bucket) this.#buckets.set(pool, bucket)
    return bucket
  }
}
