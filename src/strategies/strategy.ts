/**
 * Who comes first. A strategy puts the eligible members in order and says why, in a sentence for the
 * dashboard and the command line. It is a pure function: the same members give the same line.
 */
import type { Member } from "../protocol/member.js"

/** What a strategy may know beside the members of its own pool. */
export interface Surroundings {
  /** Who leads other pools, by the pool's name; only those pools that the strategy names in `heeds`. */
  readonly leaders: ReadonlyMap<string, OtherLeader>
}

/** The leader of another pool. */
export interface OtherLeader {
  readonly name: string
  readonly host: string
}

/** Nothing known beside the members. */
export const NO_SURROUNDINGS: Surroundings = { leaders: new Map() }

/** Puts members in the order in which they should lead. */
export interface Strategy {
  /** A few words for the claim, e.g. `oldest`. */
  readonly name: string
  /** Other pools, whose leaders it wants to know of. */
  readonly heeds?: readonly string[]
  /**
   * The eligible members, first who should lead. `self` is the member that asks. Who is left out comes last, by age.
   */
  rank(members: readonly Member[], self: Member, around: Surroundings): readonly Member[]
  /** Why `member` stands where it stands in `line`; a few words such as "oldest of 3". */
  why(member: Member, line: readonly Member[], around: Surroundings): string
}

/** The index of `member` in `line`; -1 if it is not there. */
export function placeIn(line: readonly Member[], { id }: Member): number {
  return line.findIndex((member) => member.id === id)
}

/** `2nd ` before a superlative; nothing for the first. */
export function place(index: number): string {
  return index <= 0 ? "" : `${ordinal(index + 1)} `
}

/** 1st, 2nd, 3rd, 4th, ... */
export function ordinal(n: number): string {
  const tens = n % 100
  const suffix = tens > 10 && tens < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")
  return `${n}${suffix}`
}
