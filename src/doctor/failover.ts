/**
 * For each way to fail: how long nobody would lead, with the settings of a pool. Pure; what it rests on is the protocol:
 * a leader leads for 0.9 leases after the last renewal that was acknowledged, the others wait a whole one, and a step each.
 */
import { defaultRenewMs, stepMsOf } from "../lease/timings.js"
import { ELECTION_MS } from "./cluster-checks.js"
import { type Finding, ok, warn } from "./finding.js"

export interface FailoverSettings {
  readonly leaseMs: number
  readonly replicas: number
}

/** The share of a lease for which its holder leads. */
const LEADS_FOR = 0.9
/** By word of its parent process, and over the wire. */
const BY_WORD = "some milliseconds"

export function failover(settings: FailoverSettings): Finding[] {
  return settings.replicas > 1 ? inCluster(settings) : onOneServer(settings)
}

function onOneServer({ leaseMs }: FailoverSettings): Finding[] {
  const lapse = leaseMs + stepMsOf(1)
  return [
    leaderDies(lapse),
    {
      what: "if: server",
      ...ok(
        `its reign goes on if the server is back within ${seconds(leaseMs * LEADS_FOR)}; else nobody leads until it is back`,
      ),
    },
  ]
}

function inCluster(settings: FailoverSettings): Finding[] {
  const { leaseMs, replicas } = settings
  const stepMs = stepMsOf(replicas)
  const { most } = ELECTION_MS
  const lapse = leaseMs + stepMs
  // The last renewal may be as old as the pause between two.
  const sureMs = leaseMs * LEADS_FOR - defaultRenewMs(leaseMs, replicas)
  const gapMs = Math.max(0, most - sureMs)
  const lost = (replicas + 1) / 2
  return [
    leaderDies(lapse),
    {
      what: "if: server",
      ...ok("of the pool's leader dies: nobody notices; it connects to another one, and leads on"),
      gapMs: { least: 0, most: gapMs },
    },
    { what: "if: stream", ...streamLeaderDies(sureMs, gapMs), gapMs: { least: 0, most: gapMs } },
    {
      what: "if: majority",
      ...ok(
        `of the servers dies (${lost} of ${replicas}): nobody leads after ${seconds(leaseMs * LEADS_FOR)}, until enough are back, and ${electing()} more`,
      ),
    },
    {
      what: "if: cut",
      ...ok(
        `with the pool's leader on the small side: it stands down after ${seconds(leaseMs * LEADS_FOR)}, and ${seconds(leaseMs * (1 - LEADS_FOR) + stepMs)} later another leads`,
      ),
      gapMs: { least: leaseMs * (1 - LEADS_FOR), most: leaseMs * (1 - LEADS_FOR) + stepMs + gapMs },
    },
  ]
}

function leaderDies(lapseMs: number): Finding {
  const says = `dies: nobody leads for ${BY_WORD}; for up to ${seconds(lapseMs)} if its machine is lost with it`
  return { what: "if: leader", ...ok(says), gapMs: { least: 0, most: lapseMs } }
}

function streamLeaderDies(sureMs: number, gapMs: number) {
  const dies = "leader of the bucket's stream dies: nothing can be written"
  if (gapMs === 0) return ok(`${dies} for ${electing()}, and the pool's leader leads on`)
  const { least } = ELECTION_MS
  const outlived = `the pool's leader is sure of ${seconds(sureMs)}`
  if (sureMs >= least) {
    return ok(
      `${dies} for ${electing()}; ${outlived}, so at worst nobody leads for ${seconds(gapMs)}`,
    )
  }
  const says = `${dies} for ${electing()}; ${outlived}, so nobody leads for up to ${seconds(gapMs)}`
  return warn(says, "start all workers with --lease 12s, or longer")
}

function electing(): string {
  return `${ELECTION_MS.least / 1000} to ${ELECTION_MS.most / 1000} s`
}

function seconds(ms: number): string {
  return `${Number((Math.max(0, ms) / 1000).toFixed(1))} s`
}
