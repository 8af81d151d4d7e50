/**
 * A change of leader, played once in memory before a process joins its first pool. Code that never ran is compiled when
 * it is first called, some tenths of a millisecond a function, and the first takeover of a process would pay for a
 * hundred of them: 3 ms more until the new leader answers, and as much for the old one to hand on (measured).
 *
 * It plays the real parts on the bus and the bucket of local pools, on time of its own: nothing is sent, nobody is
 * told, and no timer is left. A takeover works without it, only later.
 */
import type { Backend } from "../backend/backend.js"
import { LocalPools } from "../backend/local-pools.js"
import { Troubles } from "../contracts/troubles.js"
import { evict } from "../coordinator/eviction.js"
import { timingsOf } from "../lease/timings.js"
import { LeadCall } from "../member/lead-call.js"
import { MemberRun } from "../member/member-run.js"
import { namesOf } from "../protocol/names.js"
import { systemClock } from "../time/system-clock.js"
import { VirtualClock } from "../time/virtual-clock.js"
import { pause } from "../time/within.js"
import { type RunListeners, runOptionsOf } from "./run-options.js"

/** Longer than it takes to see who else is there. */
const A_WHILE_MS = 500
/** A warm-up that has not ended by then, on its own time, hangs. */
const TOO_LONG_MS = 60_000

let warmedUp: Promise<void> | undefined

/** Once a process. Never rejects: what fails here may still go well. */
export function warmedUpOnce(): Promise<void> {
  warmedUp ??= warmUp().then(nothing, nothing)
  return warmedUp
}

/**
 * Plays a kind hand-over, an eviction, and a release that nobody follows. Resolves with the terms in which tracked work
 * was answered.
 */
export async function warmUp(): Promise<number[]> {
  const clock = new VirtualClock(0)
  const local = new LocalPools({ clock })
  const on = (name: string) => local.backend(name, namesOf("rehearsal"), timingsOf())
  return clock.during(play(on), TOO_LONG_MS)
}

async function play(on: (name: string) => Backend): Promise<number[]> {
  const supervisor = on("supervisor")
  const { bus, clock, names, timings } = supervisor
  const terms: number[] = []
  const ask = async () => {
    const answer = await bus.request(names.leader, "", { timeout: A_WHILE_MS })
    terms.push(Number(answer.headers?.get("Pool-Term")))
  }
  const leadCall = new LeadCall({ clock, onChange: nothing, report: nothing })
  const join = async (name: string) => {
    const run = new MemberRun(runOptionsOf({}, on(name), { ...NOBODY, leadCall }))
    await run.start()
    await pause(clock, A_WHILE_MS)
    return run
  }
  const kind = await join("a")
  const killed = await join("b")
  const last = await join("c")
  await ask()
  await kind.stop("stopping")
  await ask()
  const { key, id } = killed.member
  const standing = killed.coordinator.standing
  const witness = { ...supervisor, stepMs: timings.stepMs, by: "supervisor" }
  await evict(witness, { key, id, standing }, "killed")
  await ask()
  await Promise.all([killed.stop("stopping"), last.stop("stopping")])
  return terms
}

const nothing = () => {}
const NOBODY: Omit<RunListeners, "leadCall"> = {
  isPaused: () => false,
  obey: nothing,
  onFailed: nothing,
  onBroken: nothing,
  onLeadReturned: nothing,
  onClaim: nothing,
  onReign: nothing,
  troubles: new Troubles(systemClock),
}
