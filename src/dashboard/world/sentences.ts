/** The sentences about what happened. One place for the words, so that they are the same everywhere. */
import type { Member, MemberState } from "../../protocol/member.js"
import { count, duration, latency, plural, timeOfDay } from "../drawing/format.js"
import type { Note } from "./log.js"
import { LAPSED, type ReignSeen, type Reigns } from "./reigns.js"
import type { Ending } from "./source.js"

/** How a member went. */
export const WENT: Record<Ending, string> = {
  left: "left kindly",
  killed: "killed",
  expired: "silent too long, dropped",
  evicted: "evicted by its supervisor",
}

/** What a change of state means; "" where it goes without saying. */
export function workState(before: MemberState, { state, counters }: Member): string {
  switch (state) {
    case "draining":
      return counters.busy > 0
        ? `asked to stop, finishing ${count(counters.busy)}`
        : "asked to stop"
    case "paused":
      return "paused, takes no work"
    case "ready":
      return before === "paused" ? "takes work again" : ""
    case "starting":
      return "starting again"
  }
}

/** That it can't be counted on as a leader, or can again; "" where nothing of that has changed. */
export function lingers({ lingering: before }: Member, { lingering }: Member): string {
  if (before?.term === lingering?.term) return ""
  if (lingering) return `may not lead: its lead() of term ${lingering.term} has not returned`
  return "may lead again: its last lead() has returned"
}

/**
 * That someone began to lead, in which term, and how long nobody did: known if we saw the last reign end, or
 * killed its leader ourselves at `killedMonoMs`.
 */
export function leads(
  before: Reigns,
  { current, past }: Reigns,
  killedMonoMs?: number,
): Pick<Note, "text" | "figures"> {
  if (!current) return { text: "" }
  const text = `leads, term ${current.term}`
  const fromMs = before.current ? killedMonoMs : before.past.at(-1)?.untilMonoMs
  if (fromMs !== undefined) {
    const afterMs = current.fromMonoMs - fromMs
    return { text: `${text}, after ${latency(afterMs)}`, figures: { term: current.term, afterMs } }
  }
  const last = past.at(-1)
  const isLapse = before.current !== undefined && last?.ending === LAPSED
  const figures = { term: current.term }
  return isLapse ? { text: `${text}: ${last.name} ${LAPSED}`, figures } : { text, figures }
}

/** Who led before, for how long nobody did, and who leads now: the line under the ribbon. */
export function history({ past, current }: Reigns, isHeld: boolean, nowMonoMs: number): string {
  const last = past.at(-1)
  const parts: string[] = []
  if (last) parts.push(ledFor(last))
  if (current && !isHeld) parts.push(`the lease of ${current.name} is over`)
  else if (current) {
    const gap = last ? current.fromMonoMs - (last.untilMonoMs ?? current.fromMonoMs) : 0
    if (gap > 0) parts.push(`nobody led for ${latency(gap)}`)
    parts.push(`${current.name} leads since ${timeOfDay(current.fromWallMs)}`)
  }
  if (!isHeld && !current && last) {
    parts.push(`nobody leads for ${duration(nowMonoMs - (last.untilMonoMs ?? nowMonoMs))}`)
  }
  return parts.join("; ")
}

function ledFor({ name, fromMonoMs, untilMonoMs = fromMonoMs, ending }: ReignSeen): string {
  const led = `${name} led ${duration(untilMonoMs - fromMonoMs)}`
  return ending === undefined ? led : `${led} and ${ending}`
}

/** "leader a, term 4, 3 workers" */
export function leadership(leader: ReignSeen | undefined, workers: number): string {
  const who = leader ? `leader ${leader.name}, term ${leader.term}` : "no leader"
  return `${who}, ${plural(workers, "worker")}`
}
