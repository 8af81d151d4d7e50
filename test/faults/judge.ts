/**
 * The one judge of all histories. Whatever was done to a pool, these hold:
 *
 *   one leader   no two reigns overlap, from the first to the last instant at which their members were told that they
 *                lead
 *   terms        a later reign has a higher term, until the bucket is wiped; so do announced claims in the order of
 *                their revisions
 *   the signal   of a reign has fired before another member acts; one that was dead is excused, and one that stood
 *                still hears it before it does anything else as leader
 *   one answer   to each request, under one term, and none under a lower term than the requester has seen
 *   writes       of the claim are as one after another, where they are noted (see writes.ts)
 *   no silence   a request ends: one marked idempotent with an answer, another with an answer or with an error that
 *                says that it may or may not have been done; none at its deadline
 *   no spin      no event loop, a member's or the clients', stands still while its process burns CPU all the time; one
 *                that is starved or frozen burns none
 */
import type { Line } from "./history.js"
import { writesOutOfOrder } from "./writes.js"

/** What is wrong with a history; and what may be said of it where nothing is. */
export interface Verdict {
  /** In words; empty if all is well. */
  readonly breaches: readonly string[]
  readonly reigns: readonly Reign[]
  readonly answered: number
  /** Requests that may or may not have been done, and their requesters know it. */
  readonly unknown: number
  /** From the claim of the new leader to the failure of a request that was with the old one, in ms. */
  readonly unknownAfterMs: readonly number[]
  /** The longest that each event loop stood still. */
  readonly still: readonly Still[]
}

/** An event loop that stood still for `ms`, and burned `cpuMs` of one core meanwhile. */
export interface Still {
  readonly who: string
  readonly ms: number
  readonly cpuMs: number
}

/** From the first to the last instant at which a member was told that it leads, in one term. */
export interface Reign {
  readonly who: string
  readonly term: number
  readonly firstMs: number
  lastMs: number
  endedMs: number | undefined
  readonly epoch: number
}

type Of<W extends Line["what"]> = Extract<Line, { what: W }>

/** A timer is not on the dot, nor is the line that says so. */
const STALL_MARGIN_MS = 15
/**
 * What a process may burn while its event loop stands still, in ms of a core. All that one has to do at once takes a tenth
 * of it, and a busy machine makes that take longer, but not burn more.
 */
const MOST_BURNED_MS = 1000
/** The errors that say that it may or may not have been done. */
const UNKNOWN_CODES = ["leader-changed", "connection-lost", "request-lost"]

export function judge(written: readonly Line[]): Verdict {
  const lines = [...written].sort((a, b) => a.at - b.at)
  const reigns = reignsIn(lines)
  const requests = requestsIn(lines)
  const breaches = [
    ...overlaps(reigns),
    ...termsThatFall(reigns),
    ...claimsThatFall(lines),
    ...writesOutOfOrder(lines),
    ...signalsTooLate(reigns, lines),
    ...actsAfterTheEnd(reigns),
    ...repliesTwice(lines),
    ...answersOfThePast(lines),
    ...requests.breaches,
    ...spins(lines),
  ]
  return { ...requests, breaches, reigns, still: longestStill(lines) }
}

/** Who led, one after another; who lost the seat and took it again is named once. */
export function leadersOf(reigns: readonly Reign[]): string[] {
  return reigns.map(({ who }) => who).filter((who, n, all) => who !== all[n - 1])
}

function reignsIn(lines: readonly Line[]): Reign[] {
  const found = new Map<string, Reign>()
  let epoch = 0
  for (const line of lines) {
    if (line.what === "wiped") epoch += 1
    if (line.what === "ends") {
      const ended = latest(found, line)
      if (ended) ended.endedMs ??= line.at
    }
    if (line.what !== "begins" && line.what !== "acts" && line.what !== "answers") continue
    const { who, term, at } = line
    const known = latest(found, line)
    // The same number in a bucket that was wiped is another term, unless its holder has not noticed yet.
    if (known && (known.epoch === epoch || known.endedMs === undefined)) known.lastMs = at
    else {
      const reign = { who, term, firstMs: at, lastMs: at, endedMs: undefined, epoch }
      found.set(`${who} ${term} ${epoch}`, reign)
    }
  }
  return [...found.values()].sort((a, b) => a.firstMs - b.firstMs)
}

function latest(reigns: Map<string, Reign>, { who, term }: { who: string; term: number }) {
  return [...reigns.values()].filter((reign) => reign.who === who && reign.term === term).at(-1)
}

function overlaps(reigns: readonly Reign[]): string[] {
  return pairsOf(reigns).flatMap(([before, after]) =>
    after.firstMs <= before.lastMs
      ? [
          `two leaders: ${named(after)} acts ${ms(before.lastMs - after.firstMs)} before ${named(before)} has ceased`,
        ]
      : [],
  )
}

function termsThatFall(reigns: readonly Reign[]): string[] {
  return pairsOf(reigns).flatMap(([before, after]) =>
    after.epoch === before.epoch && after.term <= before.term
      ? [`terms: ${named(after)} acts later than ${named(before)}`]
      : [],
  )
}

function claimsThatFall(lines: readonly Line[]): string[] {
  const breaches: string[] = []
  let claims: Of<"claimed">[] = []
  const check = () => {
    claims.sort((a, b) => a.revision - b.revision)
    for (const [n, claim] of claims.entries()) {
      const before = claims[n - 1]
      if (!before) continue
      const isOther = claim.id !== before.id
      if (claim.term < before.term || (isOther && claim.term === before.term)) {
        breaches.push(
          `claims: revision ${claim.revision} is of ${claim.by} in term ${claim.term}, after ${before.by} in term ${before.term}`,
        )
      }
    }
    claims = []
  }
  for (const line of lines) {
    if (line.what === "claimed") claims.push(line)
    if (line.what === "wiped") check()
  }
  check()
  return breaches
}

function signalsTooLate(reigns: readonly Reign[], lines: readonly Line[]): string[] {
  return reigns.flatMap((reign) => {
    const next = reigns.find((other) => other.firstMs > reign.firstMs && other.who !== reign.who)
    if (!next || (reign.endedMs !== undefined && reign.endedMs <= next.firstMs)) return []
    const own = lines.filter(({ who }) => who === reign.who)
    if (own.some(({ what, at }) => what === "killed" && at <= next.firstMs)) return []
    const stall = stallAround(own, next.firstMs)
    if (!stall) {
      const when =
        reign.endedMs === undefined ? "never" : `${ms(reign.endedMs - next.firstMs)} later`
      return [`signal: ${named(next)} acts, and the signal of ${named(reign)} fires ${when}`]
    }
    const first = own.find(({ what, at }) => at > next.firstMs && isOfLeader(what))
    const isFirst = first === undefined || (first.what === "ends" && first.term === reign.term)
    return isFirst
      ? []
      : [
          `signal: ${reign.who}, who had stood still, ${first.what} before its signal of ${reign.term} fires`,
        ]
  })
}

function isOfLeader(what: Line["what"]): boolean {
  return ["begins", "acts", "answers", "ends"].includes(what)
}

/** Whether the member stood still at `atMs`: it was frozen, or its event loop was blocked. */
function stallAround(own: readonly Line[], atMs: number): boolean {
  let isFrozen = false
  for (const line of own) {
    if (line.what === "stalled" && line.fromMs <= atMs && atMs <= line.at + STALL_MARGIN_MS)
      return true
    if (line.at > atMs) continue
    if (line.what === "frozen") isFrozen = true
    if (line.what === "thawed") isFrozen = false
  }
  return isFrozen
}

function actsAfterTheEnd(reigns: readonly Reign[]): string[] {
  return reigns.flatMap((reign) =>
    reign.endedMs !== undefined && reign.lastMs > reign.endedMs
      ? [`signal: ${named(reign)} acts ${ms(reign.lastMs - reign.endedMs)} after its signal fired`]
      : [],
  )
}

function spins(lines: readonly Line[]): string[] {
  return lines.flatMap((line) =>
    line.what === "stalled" && line.cpuMs > MOST_BURNED_MS
      ? [
          `no spin: ${line.who} lets go of nothing for ${ms(line.at - line.fromMs)}, of which it burns ${ms(line.cpuMs)}`,
        ]
      : [],
  )
}

function longestStill(lines: readonly Line[]): Still[] {
  const longest = new Map<string, Still>()
  for (const line of lines) {
    if (line.what !== "stalled") continue
    const { who, cpuMs } = line
    const still = { who, ms: line.at - line.fromMs, cpuMs }
    if (still.ms > (longest.get(who)?.ms ?? 0)) longest.set(who, still)
  }
  return [...longest.values()]
}

function repliesTwice(lines: readonly Line[]): string[] {
  const replies = new Map<string, Of<"replied">>()
  return lines.flatMap((line) => {
    if (line.what !== "replied") return []
    const before = replies.get(line.inbox)
    replies.set(line.inbox, line)
    return before
      ? [
          `one answer: ${before.by} (term ${before.term}) and ${line.by} (term ${line.term}) reply to the same request`,
        ]
      : []
  })
}

function answersOfThePast(lines: readonly Line[]): string[] {
  const highest = new Map<string, number>()
  let isWiped = false
  return lines.flatMap((line) => {
    if (line.what === "wiped") isWiped = true
    // Until its terms begin anew, those of before may still be answered under.
    if (isWiped && line.what === "claimed" && line.term === line.revision) {
      isWiped = false
      highest.clear()
    }
    if (line.what !== "answered") return []
    const known = highest.get(line.who) ?? 0
    highest.set(line.who, Math.max(known, line.term))
    return line.term < known
      ? [
          `one answer: ${line.who} takes an answer of ${line.by} in term ${line.term} after one in term ${known}`,
        ]
      : []
  })
}

function requestsIn(lines: readonly Line[]): Omit<Verdict, "reigns" | "still"> {
  const open = new Map<string, Of<"asked">>()
  const seen = new Set<string>()
  const breaches: string[] = []
  const unknownAfterMs: number[] = []
  let answered = 0
  let unknown = 0
  let reignMs = 0
  let term = 0
  for (const line of lines) {
    if (line.what === "claimed" && line.term !== term) {
      term = line.term
      reignMs = line.at
    }
    if (line.what === "asked") open.set(line.request, line)
    if (line.what !== "answered" && line.what !== "failed") continue
    const isIdempotent = open.get(line.request)?.idempotent
    open.delete(line.request)
    if (seen.has(line.request)) breaches.push(`one answer: request ${line.request} ends twice`)
    seen.add(line.request)
    if (line.what === "answered") answered += 1
    else if (isIdempotent) {
      breaches.push(`no silence: request ${line.request}, idempotent, fails: ${line.message}`)
    } else if (UNKNOWN_CODES.includes(line.code)) {
      unknown += 1
      if (line.code === "leader-changed") unknownAfterMs.push(line.at - reignMs)
    } else breaches.push(`no silence: request ${line.request} fails: ${line.code}, ${line.message}`)
  }
  for (const request of open.keys()) breaches.push(`no silence: request ${request} never ends`)
  return { breaches, answered, unknown, unknownAfterMs }
}

function pairsOf(reigns: readonly Reign[]): [Reign, Reign][] {
  return reigns.flatMap((before, n) =>
    reigns.slice(n + 1).map((after): [Reign, Reign] => [before, after]),
  )
}

function named({ who, term }: Reign): string {
  return `${who} in term ${term}`
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}
