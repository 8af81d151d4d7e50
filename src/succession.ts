/**
 * Who comes first. A strategy puts the eligible members in order and says why, in a sentence for the
 * dashboard and the command line. It is a pure function: the same members give the same line.
 */
import { bySeniority, type Member } from "./member.js"

/** Puts members in the order in which they should lead. */
export interface Strategy {
  /** One word for the claim, e.g. `oldest`. */
  readonly name: string
  /** The eligible members, first who should lead. `self` is the member that asks. */
  rank(members: readonly Member[], self: Member): readonly Member[]
  /** Why `member` stands where it stands in `line`; a few words such as "oldest of 3". */
  why(member: Member, line: readonly Member[]): string
}

/** The longest running leads. */
export const oldest: Strategy = {
  name: "oldest",
  rank: (members) => [...members].sort(bySeniority),
  why: (member, line) => `${place(placeIn(line, member))}oldest of ${line.length}`,
}

function placeIn(line: readonly Member[], { id }: Member): number {
  return line.findIndex((member) => member.id === id)
}

function place(index: number): string {
  return index <= 0 ? "" : `${ordinal(index + 1)} `
}

/** 1st, 2nd, 3rd, 4th, ... */
export function ordinal(n: number): string {
  const tens = n % 100
  const suffix = tens > 10 && tens < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")
  return `${n}${suffix}`
}
