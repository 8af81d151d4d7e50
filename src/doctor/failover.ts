/**
 * For each way to fail: how long nobody would lead, with the settings of a pool. Pure; what it rests on is the protocol:
 * how long a leader leads after the last renewal that was acknowledged, and how much longer the others wait, a step each.
 */
import { HOLDER_SHARE, OTHERS_SHARE } from "../lease/lease.js"
import { defaultRenewMs, stepMsOf } from "../lease/timings.js"
import { ELECTION_MS } from "./cluster-checks.js"
import { type Finding, ok, warn } from "./finding.js"

export interface FailoverSettings {
  readonly leaseMs: number
  readonly replicas: number
}

/** By word of its parent process, and over the wire. */
const BY_WORD = "some milliseconds"

export function failover(settings: FailoverSettings): Finding[] {
  return settings.replicas > 1 ? inCluster(settings) : onOneServer(settings)
}

function onOneServer({ leaseMs }: FailoverSettings): Finding[] {
  const lapse = leaseMs * OTHERS_SHARE + stepMsOf(1)
  return [
    leaderDies(lapse),
    {
      what: "if: server",
      ...ok(
        `its reign goes on if the server is back within ${seconds(leaseMs * HOLDER_SHARE)}; else nobody leads until it is back`,
      ),
    },
  ]
}

function inCluster(settings: FailoverSettings): Finding[] {
  const { leaseMs, replicas } = settings
  const stepMs = stepMsOf(replicas)
  const { most } = ELECTION_MS
  const lapse = leaseMs * OTHERS_SHARE + stepMs
  const apartMs = leaseMs * (OTHERS_SHARE - HOLDER_SHARE)
  // The last renewal may be as old as the pause between two.
  const sureMs = leaseMs * HOLDER_SHARE - defaultRenewMs(leaseMs, replicas)
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
        `of the servers dies (${lost} of ${replicas}): nobody leads after ${seconds(leaseMs * HOLDER_SHARE)}, until enough are back, and ${electing()} more`,
      ),
    },
    {
      what: "if: cut",
      ...ok(
        `with the pool's leader on the small side: it stands down after ${seconds(leaseMs * HOLDER_SHARE)}, and ${seconds(apartMs + stepMs)} later another leads`,
      ),
      gapMs: { least: apartMs, most: apartMs + stepMs + gapMs },
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
