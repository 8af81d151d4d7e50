/**
 * Which ticks are to be fired now. Pure: it is told up to which tick all is decided, since when this reign has watched, and
 * what time it is on the server's clock. What fell due while this reign watched is fired, each tick of it. What fell due
 * before that nobody fired, and the policy says what becomes of it.
 */

/** When something comes, in ms since 1970. */
export interface Ticks {
  /** The first tick after `ms`; undefined if none comes any more. */
  after(ms: number): number | undefined
}

/**
 * What becomes of ticks that fell due while nobody led: `skip` fires those of the last minute, which is what a change of leader
 * takes at most; `once` fires the last one, `all` each of them.
 */
export type Missed = "skip" | "once" | "all"

export const MISSED: readonly Missed[] = ["skip", "once", "all"]
/** How old a missed tick may be to be fired all the same, in ms, if the policy is `skip` and nothing else is said. */
export const SKIP_GRACE_MS = 60_000
/** So many are decided at once: who has missed many must be heard in between. */
const MOST_AT_ONCE = 50

export interface Policy {
  readonly missed: Missed
  /** What was missed longer ago is not fired any more, in ms. Default: SKIP_GRACE_MS for `skip`, else no limit. */
  readonly graceMs?: number | undefined
}

export interface Position {
  /** Up to this tick, included, all is decided. */
  readonly firedMs: number
  /** Since when this reign has watched. */
  readonly watchedMs: number
  readonly nowMs: number
}

export interface Decision {
  /** To be fired now, in this order; then there may be more. */
  readonly fire: readonly number[]
  /** When the next one falls due; undefined if none does, or some are to be fired first. */
  readonly nextMs: number | undefined
}

export function decide(ticks: Ticks, policy: Policy, position: Position): Decision {
  const { firedMs, watchedMs, nowMs } = position
  const missed = missedBy(ticks, policy, position)
  const from = Math.max(firedMs, Math.min(watchedMs, nowMs))
  const own = ticksBetween(ticks, from, nowMs, MOST_AT_ONCE - missed.length)
  const fire = [...missed, ...own]
  return { fire, nextMs: fire.length > 0 ? undefined : ticks.after(Math.max(firedMs, nowMs)) }
}

function missedBy(ticks: Ticks, { missed, graceMs }: Policy, position: Position): number[] {
  const { firedMs, watchedMs, nowMs } = position
  const untilMs = Math.min(watchedMs, nowMs)
  const mostMs = graceMs ?? (missed === "skip" ? SKIP_GRACE_MS : Number.POSITIVE_INFINITY)
  const fromMs = Math.max(firedMs, untilMs - mostMs)
  if (fromMs >= untilMs) return []
  if (missed === "once") return lastBetween(ticks, fromMs, untilMs)
  return ticksBetween(ticks, fromMs, untilMs, MOST_AT_ONCE)
}

/** The first `most` ticks after `fromMs`, up to `untilMs`. */
function ticksBetween(ticks: Ticks, fromMs: number, untilMs: number, most: number): number[] {
  const found: number[] = []
  let tick = fromMs < untilMs ? ticks.after(fromMs) : undefined
  while (tick !== undefined && tick <= untilMs && found.length < most) {
    found.push(tick)
    tick = ticks.after(tick)
  }
  return found
}

/** The last tick after `fromMs`, up to `untilMs`: looked for backwards, in longer and longer spans. */
function lastBetween(ticks: Ticks, fromMs: number, untilMs: number): number[] {
  for (let spanMs = 1_000; ; spanMs *= 4) {
    const startMs = Math.max(fromMs, untilMs - spanMs)
    const last = ticksBetween(ticks, startMs, untilMs, Number.POSITIVE_INFINITY).at(-1)
    if (last !== undefined) return [last]
    if (startMs === fromMs) return []
  }
}
