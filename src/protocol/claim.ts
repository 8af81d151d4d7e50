/**
 * The claim: the one entry that says who leads, for how long without a renewal, and who comes next.
 * Its first revision is the term of the reign.
 */
import { objectIn, toBytes } from "../encoding/json.js"
import { type Crowd, isCrowd } from "./crowd.js"

/** Someone in the line of succession. */
export interface Heir {
  readonly key: string
  readonly id: string
}

/** How a reign ended, written by its holder or its supervisor when no heir took the word. */
export interface Release {
  /** ISO time on the server's clock; told by a supervisor, that of the last renewal. */
  readonly at: string
  /** Name of who wrote it. */
  readonly by: string
  readonly reason: string
}

/** The entry `leader`. */
export interface Claim {
  /** Key of the leader's member entry. */
  readonly key: string
  readonly id: string
  readonly name: string
  /** New with each attempt to claim: tells an attempt whose acknowledgement was lost from an earlier reign. */
  readonly nonce: string
  /** The revision at which the reign began; absent in its first write, whose own revision is the term. */
  readonly term?: number
  /** Milliseconds that the claim holds after a renewal. */
  readonly lease: number
  /** ISO time at which the reign began, on the server's clock. */
  readonly since: string
  /** At most MAX_HEIRS, the next in line first. */
  readonly heirs: readonly Heir[]
  /** Name of the strategy that ranked the line. */
  readonly strategy: string
  /** Why this one leads and who comes next, in words. */
  readonly reason: string
  /** It was handed over, by an operator or a program: no better member is let forward before the next change of leader. */
  readonly ordered?: boolean
  readonly released?: Release
  /** Only while the pool has many members. */
  readonly crowd?: Crowd
}

/** A claim as it stands in the bucket at `revision`. */
export interface StandingClaim {
  readonly claim: Claim
  /** The revision of the bucket at which it was written; grows with each renewal. */
  readonly revision: number
}

/** One reign: who, and which term. */
export interface Reign {
  readonly id: string
  readonly term: number
}

export function encodeClaim(claim: Claim): Uint8Array {
  return toBytes(claim)
}

/** The claim in an entry; unknown fields are kept. Throws if it is none. */
export function decodeClaim(value: Uint8Array): Claim {
  return claimIn(objectIn(value))
}

/** An announcement: the claim and the revision at which it was acknowledged. */
export function encodeAnnouncement({ claim, revision }: StandingClaim): Uint8Array {
  return toBytes({ ...claim, revision })
}

/** The claim in an announcement. Throws if it is none. */
export function decodeAnnouncement(value: Uint8Array): StandingClaim {
  const { revision, ...raw } = objectIn(value)
  if (!isRevision(revision)) throw new SyntaxError("no revision")
  return { claim: claimIn(raw), revision }
}

/** A reign that is over. In a bucket created anew its holder may come to lead again in the same term, by another nonce. */
export interface Ended extends Reign {
  /** Of its claim; undefined if its teller did not say. */
  readonly nonce?: string
}

/** The word that a reign is over, told to the next in line. */
export interface Word extends Ended {
  /** The last revision its teller knows of: a hint, for the reign may have renewed since. */
  readonly revision: number
  /** Why it ended. */
  readonly reason: string
}

export function encodeWord(word: Word): Uint8Array {
  return toBytes(word)
}

/** The word in a message. Throws if it is none. */
export function decodeWord(value: Uint8Array): Word {
  const { id, term, nonce, revision, reason } = objectIn(value)
  if (typeof id !== "string" || !isRevision(term) || !isRevision(revision)) {
    throw new SyntaxError("not the word that a reign is over")
  }
  const by = typeof nonce === "string" && { nonce }
  return { id, term, ...by, revision, reason: typeof reason === "string" ? reason : "unknown" }
}

/** The reign that a standing claim belongs to. */
export function reignOf({ claim, revision }: StandingClaim): Reign {
  return { id: claim.id, term: claim.term ?? revision }
}

/** Whether both are the same reign. */
export function sameReign(a: Reign, b: Reign): boolean {
  return a.id === b.id && a.term === b.term
}

/** The reign of a standing claim, for those to whom it is over. */
export function endOf(standing: StandingClaim): Ended {
  return { ...reignOf(standing), nonce: standing.claim.nonce }
}

/** Whether the standing claim belongs to the reign that is over. */
export function isOver(standing: StandingClaim, ended: Ended): boolean {
  const { nonce = standing.claim.nonce } = ended
  return sameReign(reignOf(standing), ended) && standing.claim.nonce === nonce
}

function claimIn(raw: Record<string, unknown>): Claim {
  const { key, id, name, nonce, term, lease, heirs } = raw
  for (const [field, value] of Object.entries({ key, id, name, nonce })) {
    if (typeof value !== "string" || value === "") throw new SyntaxError(`claim without ${field}`)
  }
  if (term !== undefined && !isRevision(term)) throw new SyntaxError("claim with a broken term")
  if (typeof lease !== "number" || !(lease > 0)) throw new SyntaxError("claim without lease")
  if (!Array.isArray(heirs) || !heirs.every(isHeir)) throw new SyntaxError("claim without heirs")
  const { crowd, ...rest } = raw
  return (isCrowd(crowd) ? raw : rest) as unknown as Claim
}

function isHeir(value: unknown): value is Heir {
  const { key, id } = (value ?? {}) as Partial<Heir>
  return typeof key === "string" && typeof id === "string"
}

function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
