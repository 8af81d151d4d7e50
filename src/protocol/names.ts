/** What things are called on the wire: pool and worker names, and the subjects and bucket of a pool. */
import { BadInput } from "../errors/errors.js"

/** The queue group that spreads simple work. */
export const QUEUE_GROUP = "workers"
/** The key of the claim in a pool's bucket. */
export const CLAIM_KEY = "leader"
/** The key a joiner writes to learn the server's time. */
export const CLOCK_KEY = "clock"
/** The pool that is meant where none is named. */
export const DEFAULT_POOL = "work"

/** Returns `pool` if it can name a pool; throws BadInput otherwise. */
export function checkedPool(pool: string): string {
  return checked("pool name", pool, 32)
}

/** Returns `name` if it can name a worker; throws BadInput otherwise. */
export function checkedName(name: string): string {
  return checked("worker name", name, 64)
}

function checked(what: string, name: string, longest: number): string {
  const pattern = new RegExp(`^[A-Za-z0-9_-]{1,${longest}}$`)
  if (typeof name === "string" && pattern.test(name)) return name
  throw new BadInput(what, `1 to ${longest} letters, digits, "-" or "_"`, name)
}

/** The subjects and the bucket of one pool. */
export interface PoolNames {
  readonly pool: string
  /** Simple work; queue group `workers`. */
  readonly work: string
  /** Tracked work; the leader alone listens. */
  readonly leader: string
  /** Asks the leader whether it has a certain request in hand. */
  readonly held: string
  /** Announcements of acknowledged writes to the claim: of all of them, but where many listen. */
  readonly claim: string
  /** Renewals that are not told to all, for the heirs and others who hear of each. */
  readonly renewals: string
  /** The KV bucket. */
  readonly bucket: string
  /** What is told of reigns that began and ended, and the stream that keeps it. */
  readonly history: string
  readonly historyStream: string
  /** What leaders publish stands below this, guarded by the fence; both are in one stream. */
  readonly fenced: string
  readonly fence: string
  readonly fencedStream: string
  /** The word that a reign is over, to the member `id`. */
  heir(id: string): string
  /** Orders to the member `id`. */
  control(id: string): string
}

/** The names of `pool`, which must be a valid pool name. */
export function namesOf(pool: string): PoolNames {
  checkedPool(pool)
  return {
    pool,
    work: pool,
    leader: `${pool}.leader`,
    held: `${pool}.held`,
    claim: `${pool}.claim`,
    // Below what every member may say and hear anyway; no id is so short.
    renewals: `${pool}.heir.all`,
    bucket: `pool_${pool}`,
    history: `${pool}.history`,
    historyStream: `POOL_${pool}_history`,
    fenced: `${pool}.fenced`,
    fence: `${pool}.fence`,
    fencedStream: `POOL_${pool}_fenced`,
    heir: (id) => `${pool}.heir.${id}`,
    control: (id) => `${pool}.control.${id}`,
  }
}
