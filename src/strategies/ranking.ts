/**
 * The line of succession as a strategy has it. The strategy is asked, and not trusted: what a user's strategy throws, or returns that is no order of the members, must
 * not cost the pool its leader. Then the oldest comes first, and the reason says so.
 */
import { cut, fieldOf, isA, oneLine, reasonOf, shown, textOf } from "../errors/thrown.js"
import { bySeniority, type Member } from "../protocol/member.js"
import { isLetGo } from "../time/promised.js"
import { oldest } from "./built-in-strategies.js"
import { NO_SURROUNDINGS, type Strategy, type Surroundings } from "./strategy.js"

/** The members in order, and why. */
export interface Ranking {
  readonly line: readonly Member[]
  /** Name of the strategy that ranked: `oldest` where the one asked could not be used. */
  readonly strategy: string
  /** Why a member stands where it stands. */
  why(member: Member): string
  /** What was wrong with the strategy, if anything. */
  readonly problem?: string
}

/** The longest reason that is passed on, and the longest name of a strategy, in characters: a claim holds 8 KiB. */
const LONGEST_REASON = 200
const LONGEST_NAME = 100

/** The members that may lead, in the order in which they should, and why; who is late stands behind the others. */
export function lineOf(
  self: Member,
  members: readonly Member[],
  strategy: Strategy,
  around: Surroundings | undefined,
  isLate: (member: Member) => boolean,
): Ranking {
  const mayLead = ({ eligible, state }: Member) =>
    eligible && (state === "ready" || state === "paused")
  return freshFirst(rankingOf(strategy, members.filter(mayLead), self, around), isLate)
}

/** Ranks `members` with `strategy`; with `oldest` if that fails. Never throws. */
export function rankingOf(
  strategy: Strategy,
  members: readonly Member[],
  self: Member,
  around: Surroundings = NO_SURROUNDINGS,
): Ranking {
  try {
    const line = checked(strategy.rank(members.map(copyOf), copyOf(self), around), members)
    // Asked here, so that one that fails in its reasons is found out before any is used.
    const reasons = new Map<string, string>()
    const shownLine = line.map(copyOf)
    for (const member of line) reasons.set(member.id, said(strategy, member, shownLine, around))
    return {
      line,
      strategy: nameOf(strategy),
      why: ({ id }) => reasons.get(id) ?? "not in the line",
    }
  } catch (error) {
    const problem = `strategy ${nameOf(strategy)} ${problemIn(error)}`
    const line = oldest.rank(members, self, around)
    const why = (member: Member) => `${oldest.why(member, line, around)} (${problem})`
    return { line, strategy: oldest.name, why, problem }
  }
}

/** What `strategy` is called, so that a claim can hold it. */
export function nameOf(strategy: Strategy): string {
  return oneLine(textOf(strategy, "name") || "custom", LONGEST_NAME)
}

/**
 * The same with those that are late behind the others, whatever the strategy: who has missed a renewal may not hear
 * that its turn has come.
 */
export function freshFirst(ranking: Ranking, isLate: (member: Member) => boolean): Ranking {
  const { line } = ranking
  const late = line.filter(isLate)
  if (late.length === 0) return ranking
  const fresh = line.filter((member) => !late.includes(member))
  const why = (member: Member) => {
    if (late.includes(member)) return `silent; ${ranking.why(member)}`
    const passed = late.filter((other) => line.indexOf(other) < line.indexOf(member))
    const names = passed.map(({ name }) => name).join(", ")
    if (names === "") return ranking.why(member)
    const are = passed.length === 1 ? "is" : "are"
    return `${ranking.why(member)} (${names} ${are} silent)`.slice(0, LONGEST_REASON)
  }
  return { ...ranking, line: [...fresh, ...late], why }
}

/** The order as one of our own members; who was left out comes last, by age. */
function checked(ranked: unknown, members: readonly Member[]): Member[] {
  if (!Array.isArray(ranked)) throw new Unusable(`returned ${kindOf(ranked)}, not an array`)
  const missing = new Map(members.map((member) => [member.id, member]))
  const line: Member[] = []
  // By its numbers: one of a class of its own may have other ways. The first too many is found out as well.
  for (let n = 0; n < ranked.length; n += 1) {
    const id = fieldOf(ranked[n], "id") as string
    const member = missing.get(id)
    if (!member) {
      const twice = members.find((known) => known.id === id)
      throw new Unusable(twice ? `returned ${twice.name} twice` : "returned a stranger")
    }
    missing.delete(id)
    line.push(member)
  }
  return [...line, ...[...missing.values()].sort(bySeniority)]
}

class Unusable extends Error {}

function said(
  strategy: Strategy,
  member: Member,
  line: readonly Member[],
  around: Surroundings,
): string {
  const reason: unknown = strategy.why(copyOf(member), line, around)
  if (isLetGo(reason)) throw new Unusable("says why in a promise, not in words")
  return oneLine(typeof reason === "string" ? reason : shown(reason), LONGEST_REASON - 1)
}

/** What a strategy does to a member it was shown changes nothing. */
function copyOf(member: Member): Member {
  return { ...member, labels: { ...member.labels } }
}

function problemIn(error: unknown): string {
  const line = cut(reasonOf(error), LONGEST_REASON)
  return isA(error, Unusable) ? line : `threw: ${line}`
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing"
  return isLetGo(value) ? "a promise" : `a ${typeof value}`
}
