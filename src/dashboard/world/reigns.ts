/**
 * Who led when, as far as this dashboard saw it. A claim counts from when we saw it and holds for its lease,
 * as it does for the members themselves; nothing from before we listened is made up, except that the first
 * claim says since when it stands.
 */
import { lapsesAt } from "../../lease/lease.js"
import { reignOf, type StandingClaim, sameReign } from "../../protocol/claim.js"
import type { Instant } from "../../time/clock.js"
import type { Ending } from "./source.js"

export interface ReignSeen {
  readonly id: string
  readonly name: string
  readonly term: number
  readonly fromMonoMs: number
  readonly fromWallMs: number
  /** Absent while it stands. */
  readonly untilMonoMs?: number
  /** How it ended: "was killed". */
  readonly ending?: string
}

export interface Reigns {
  /** The ended ones, oldest first; at most KEPT. */
  readonly past: readonly ReignSeen[]
  readonly current?: ReignSeen
  /** The claim as last seen, whether it still holds or not. */
  readonly standing?: StandingClaim
  readonly renewedMonoMs: number
}

export const NO_REIGNS: Reigns = { past: [], renewedMonoMs: 0 }

const KEPT = 200
/** An end that is told this soon after the successor's claim was the cause of it. */
const CAUSE_MS = 2000

/** The reign that holds at `monoMs`, if one does. */
export function reigning({ current, standing, renewedMonoMs }: Reigns, monoMs: number) {
  if (!current || !standing) return undefined
  return monoMs < lapsesAt(renewedMonoMs, standing.claim.lease) ? current : undefined
}

/** Milliseconds until the current claim lapses if it isn't renewed; 0 when there is none. */
export function claimLeftMs({ current, standing, renewedMonoMs }: Reigns, at: Instant): number {
  if (!current || !standing) return 0
  return Math.max(0, lapsesAt(renewedMonoMs, standing.claim.lease) - at.monoMs)
}

/** `reigns` after the claim was seen, or seen to have vanished. */
export function claimed(
  reigns: Reigns,
  standing: StandingClaim | undefined,
  at: Instant,
  writtenMs = at.wallMs,
): Reigns {
  if (!standing) return ended(reigns, at.monoMs, "its claim vanished")
  const { claim } = standing
  if (claim.released) {
    const over = ended(reigns, at.monoMs, `gave up: ${claim.released.reason}`)
    return { ...over, standing }
  }
  const { id, term } = reignOf(standing)
  const renewed = { standing, renewedMonoMs: at.monoMs }
  if (reigns.current && sameReign(reigns.current, { id, term })) return { ...reigns, ...renewed }
  const isFirst = !reigns.current && reigns.past.length === 0
  const sinceMs = isFirst ? Math.max(0, writtenMs - Date.parse(claim.since)) || 0 : 0
  const current = {
    id,
    name: claim.name,
    term,
    fromMonoMs: at.monoMs - sinceMs,
    fromWallMs: at.wallMs - sinceMs,
  }
  return { ...succeeded(reigns, at), current, ...renewed }
}

/** `reigns` after a member went: if it led, that ended its reign, or explains why it had just ended. */
export function leaderGone(reigns: Reigns, id: string, how: Ending, at: Instant): Reigns {
  const ending = WENT[how]
  if (reigns.current?.id === id) return ended(reigns, at.monoMs, ending)
  const last = reigns.past.at(-1)
  if (last?.id !== id || at.monoMs - (last.untilMonoMs ?? 0) > CAUSE_MS) return reigns
  if (last.ending === LAPSED) return reigns
  return { ...reigns, past: [...reigns.past.slice(0, -1), { ...last, ending }] }
}

/** `reigns` with the `ms` until now left out of the lease: we could not have seen a renewal. */
export function overlooked(reigns: Reigns, ms: number, { monoMs }: Instant): Reigns {
  return { ...reigns, renewedMonoMs: Math.min(monoMs, reigns.renewedMonoMs + ms) }
}

/** What is said of a leader whose lease ran out. */
export const LAPSED = "fell silent"
const WENT: Record<Ending, string> = {
  left: "left kindly",
  killed: "was killed",
  expired: LAPSED,
  evicted: "was evicted",
}

/** The current reign ended because another began: at once, or when its lease ran out. */
function succeeded(reigns: Reigns, at: Instant): Reigns {
  const { standing, renewedMonoMs } = reigns
  const lapsed = renewedMonoMs + (standing?.claim.lease ?? 0)
  return lapsed <= at.monoMs
    ? ended(reigns, lapsed, LAPSED)
    : ended(reigns, at.monoMs, "handed over")
}

function ended(reigns: Reigns, untilMonoMs: number, ending: string): Reigns {
  const { current, past, ...rest } = reigns
  if (!current) return reigns
  return { ...rest, past: [...past, { ...current, untilMonoMs, ending }].slice(-KEPT) }
}
