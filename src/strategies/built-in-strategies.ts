/**
 * The strategies that there are. Those beside `oldest` and `weight` order by one thing, and leave the rest to the
 * strategy that they are given as the next; so they combine: `preferring({ zone: "a" }, apartFrom("thumbnails", weight))`.
 */
import { textOf } from "../errors/thrown.js"
import { checkKind, having, type Kind, text, textByName } from "../options/known-options.js"
import { bySeniority, type Member } from "../protocol/member.js"
import { checkedPool } from "../protocol/names.js"
import { isLetGo } from "../time/promised.js"
import { place, placeIn, type Strategy, type Surroundings } from "./strategy.js"

/** What is a strategy, of whatever class: it may hold more than a strategy needs. */
export const wholeStrategy: Kind = {
  expected: 'a strategy such as oldest, weight or apartFrom("pool")',
  isMet(value) {
    if (!having("", "rank", "why").isMet(value)) return false
    const { name, heeds = [] } = value as { name: unknown; heeds?: unknown }
    return text.isMet(name) && Array.isArray(heeds) && heeds.every(text.isMet)
  },
}

/** The longest running leads. */
export const oldest: Strategy = {
  name: "oldest",
  rank: (members) => [...members].sort(bySeniority),
  why: (member, line) => {
    const inOrder = [...line].sort(bySeniority)
    return `${place(placeIn(inOrder, member))}oldest of ${line.length}`
  },
}

/** The member with the largest weight leads; among equals the longest running. */
export const weight: Strategy = {
  name: "weight",
  rank: (members) => [...members].sort(byWeight),
  why: (member, line) => {
    const inOrder = [...line].sort(byWeight)
    return `weight ${member.weight}, ${place(placeIn(inOrder, member))}heaviest of ${line.length}`
  },
}

/**
 * Keeps away from the host on which the leader of `pool` runs. On a single host it leads all the same. `then` orders
 * those on other hosts, and those on that one; default `oldest`. Throws BadInput for what can't name a pool.
 */
export function apartFrom(pool: string, then: Strategy = oldest): Strategy {
  checkedPool(pool)
  checkKind("then", then, wholeStrategy)
  const leaderIn = ({ leaders }: Surroundings) => leaders.get(pool)
  return {
    name: then === oldest ? `apart-from ${pool}` : `apart-from ${pool}, then ${then.name}`,
    heeds: [...new Set([pool, ...(then.heeds ?? [])])],
    rank: (members, self, around) => {
      const host = leaderIn(around)?.host
      return first(then.rank(members, self, around), members, (member) =>
        member.host === host ? 1 : 0,
      )
    },
    why: (member, line, around) => {
      const leader = leaderIn(around)
      const rest = words(then.why(member, line, around))
      if (!leader) return `${rest}; ${pool} has no leader`
      if (member.host !== leader.host)
        return `${rest}; not on ${leader.host} with the leader of ${pool}`
      const isAlone = line.every(({ host }) => host === leader.host)
      const shares = `shares ${leader.host} with the leader of ${pool}`
      return isAlone ? `${rest}; ${shares}, the only host` : `${shares}; ${rest}`
    },
  }
}

/** Members that carry more of `labels` lead before others. `then` orders equals; default `oldest`. */
export function preferring(
  labels: Readonly<Record<string, string>>,
  then: Strategy = oldest,
): Strategy {
  checkKind("labels", labels, textByName)
  checkKind("then", then, wholeStrategy)
  const wanted = Object.entries(labels)
  const has = (member: Member) => wanted.filter(([key, value]) => member.labels[key] === value)
  const said = (pairs: typeof wanted) => pairs.map((pair) => pair.join("=")).join(" ")
  return {
    name: `prefer ${said(wanted)}${then === oldest ? "" : `, then ${then.name}`}`,
    ...(then.heeds && { heeds: then.heeds }),
    rank: (members, self, around) =>
      first(
        then.rank(members, self, around),
        members,
        (member) => wanted.length - has(member).length,
      ),
    why: (member, line, around) => {
      const found = has(member)
      const labelled = found.length > 0 ? said(found) : `not ${said(wanted)}`
      return `${labelled}; ${words(then.why(member, line, around))}`
    },
  }
}

/** A user's function: the members, first who should lead. */
export type RankFunction = Strategy["rank"]

/** The strategy of a user: one that is complete, or a function that ranks. */
export function strategyOf(given: Strategy | RankFunction): Strategy {
  if (typeof given !== "function") return given
  const own = textOf(given, "name")
  const name = !own || own === "default" ? "custom" : own
  return {
    name,
    rank: given,
    why: (member, line) => `${place(placeIn(line, member)) || "1st "}of ${line.length} by ${name}`,
  }
}

/** `ranked`, of `members`, by a number, lowest first; equals stay in their order. */
function first(
  ranked: readonly Member[],
  members: readonly Member[],
  number: (member: Member) => number,
): Member[] {
  if (isLetGo(ranked)) throw new TypeError("returned a promise, not an array")
  if (ranked.length > members.length) throw new TypeError("returned more than there are")
  return [...ranked].sort((a, b) => number(a) - number(b))
}

/** What a strategy of the user's says. */
function words(why: string): string {
  if (isLetGo(why)) throw new TypeError("says why in a promise, not in words")
  return why
}

function byWeight(a: Member, b: Member): number {
  return b.weight - a.weight || bySeniority(a, b)
}
