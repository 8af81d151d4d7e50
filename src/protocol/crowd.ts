/**
 * What changes while a pool has many members, by the word of its leader. All need to know who leads, but only those that
 * come next need each renewal of that. So the heirs hear of each, and some of the others, who are drawn, for all heirs may
 * die at once; whoever else is told of one now and then, and waits for so much longer before it thinks that nobody leads.
 * These also renew their own entries more rarely, for nobody counts on them.
 */

/** A field of the claim; absent as long as all are told of everything. */
export interface Crowd {
  /** How many members there are. */
  readonly members: number
  /** Milliseconds that may pass between two renewals of which all are told. */
  readonly silence: number
  /** Milliseconds that may pass between two renewals of the entry of one who does not hear of each; a lease if absent. */
  readonly beat?: number
}

/** From which sizes on what changes. */
export interface Sizes {
  /** How many heirs a claim names. */
  readonly mostHeirs: number
  /** How many hear of each renewal beside the heirs, about. */
  readonly attentive: number
  /** How many members are a crowd. */
  readonly crowd: number
}

/** How many heirs a claim names. */
export const MAX_HEIRS = 8

export const SIZES: Sizes = { mostHeirs: MAX_HEIRS, attentive: 32, crowd: 80 }

/** How many leases may pass between two renewals of an entry that nobody counts on; it lives for three. */
const LEASES_PER_BEAT = 2

/** What has shrunk to less than this share of a crowd is none any more. */
const STILL = 0.8

/** What a claim says of it. */
interface Told {
  readonly crowd?: Crowd | undefined
  readonly heirs: readonly { readonly id: string }[]
}

/** What the leader of so many members publishes; `before` is what it did until now. */
export function crowdOf(
  members: number,
  leaseMs: number,
  sizes: Sizes,
  before: Crowd | undefined,
): Crowd | undefined {
  if (members < sizes.crowd * (before ? STILL : 1)) return undefined
  return { members, silence: leaseMs, beat: leaseMs * LEASES_PER_BEAT }
}

/**
 * Whether the member `id` hears of each renewal of a claim. `draw`, from 0 to 1, is drawn once by each member for itself;
 * about `count` of all are to hear them beside the heirs.
 */
export function isAttentive(
  { crowd, heirs }: Told,
  id: string,
  draw: number,
  count: number,
): boolean {
  return !crowd || draw * crowd.members < count || heirs.some((heir) => heir.id === id)
}

/** For how long those who don't may hear of none, in ms; 0 where all hear of all. */
export function silenceMsOf({ crowd }: Pick<Told, "crowd">, leaseMs: number): number {
  return Math.min(crowd?.silence ?? 0, leaseMs)
}

/** How long the entry of one who does not hear of each renewal may stay without one, in ms; undefined: a lease. */
export function beatMsOf({ crowd }: Pick<Told, "crowd">, leaseMs: number): number | undefined {
  const { beat } = crowd ?? {}
  if (typeof beat !== "number" || !(beat > leaseMs)) return undefined
  return Math.min(beat, leaseMs * LEASES_PER_BEAT)
}

/** Whether what stands in a claim is one. */
export function isCrowd(value: unknown): value is Crowd {
  const { members, silence } = (value ?? {}) as Partial<Crowd>
  return [members, silence].every((it) => typeof it === "number" && it > 0)
}
