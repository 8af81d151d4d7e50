/** What the entries of a bucket say, for those who read them once: who leads, who is there, and who is late. */
import type { Entry } from "../contracts/bucket.js"
import { decodeClaim, type StandingClaim } from "./claim.js"
import { bySeniority, decodeMember, isLate, isMemberKey, type Member } from "./member.js"

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

/** The keys in `entries`, all that live, whose last renewal is so much older than the newest that one was missed. */
export function lateIn(entries: readonly Entry[], memberTtlMs: number): ReadonlySet<string> {
  const newestMs = Math.max(...entries.map(({ writtenMs }) => writtenMs))
  const ages = new Map(entries.map(({ key, writtenMs }) => [key, newestMs - writtenMs]))
  const late = membersIn(entries).filter((it) => isLate(it, ages.get(it.key) ?? 0, memberTtlMs))
  return new Set(late.map(({ key }) => key))
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

/** What stands under the claim's key. */
export type Found =
  | { readonly kind: "claim"; readonly standing: StandingClaim }
  /** Nothing, or the mark of a deletion (then with its revision, else 0). */
  | { readonly kind: "none"; readonly revision: number }
  /** Something that is no claim. */
  | { readonly kind: "broken"; readonly revision: number }

/** The revision at which `found` stands. */
export function revisionOf(found: Found): number {
  return found.kind === "claim" ? found.standing.revision : found.revision
}
