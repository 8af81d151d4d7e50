/**
 * How long nobody answers tracked work when the leader changes: from the last answer of the old leader to the first of
 * its successor, as a requester sees it that asks every millisecond. In turns with the same of plain client library, for
 * on a slow machine that has its time as well.
 */
import type { Gap } from "./asker.js"
import { type Change, type Contender, plainContender, poolContender } from "./contenders.js"
import { crowdContender } from "./crowd.js"
import type { Counts } from "./ongoing-requests.js"
import type { Requester } from "./requester.js"

export interface ChangesOfLeader {
  /** The pool's, round by round. */
  readonly gaps: readonly Gap[]
  /** The same of plain NATS, each beside the pool's of that round. */
  readonly plainGaps: readonly Gap[]
}

/** What to measure, and how often. */
export interface Rounds {
  readonly url: string
  readonly requester: Requester
  readonly rounds: number
  readonly onRound: () => void
  /** Of the pool; default: the usual one. */
  readonly leaseMs?: number
  /** Names the bucket of the barest, which may not be there before. Default: the change. */
  readonly name?: string
}

/** Measures changes of leader of three workers, and what becomes of requests meanwhile. */
export async function changesOfLeader(
  rounds: Rounds,
  change: Change,
): Promise<ChangesOfLeader & { readonly requests: Counts }> {
  const { url, requester } = rounds
  const pool = await poolContender(url, change, rounds.leaseMs)
  try {
    const plain = await plainContender(url, change, rounds.name)
    try {
      await requester.startRequests(pool.pool)
      const changes = await between(pool, plain, rounds)
      return { ...changes, requests: await requester.stopRequests() }
    } finally {
      await plain.close()
    }
  } finally {
    await pool.close()
  }
}

/** Measures hand-overs among so many members, in a few processes. */
export async function changesInCrowd(rounds: Rounds, members: number): Promise<ChangesOfLeader> {
  const crowd = await crowdContender(rounds.url, members)
  const plain = await plainContender(rounds.url, "order", "crowd")
  try {
    return await between(crowd, plain, rounds)
  } finally {
    await crowd.close()
    await plain.close()
  }
}

/** In turns. */
async function between(
  pool: Contender,
  plain: Contender,
  { requester, rounds, onRound }: Rounds,
): Promise<ChangesOfLeader> {
  const gaps: Gap[] = []
  const plainGaps: Gap[] = []
  for (let round = 0; round < rounds; round += 1) {
    gaps.push(await gapOf(pool, requester))
    plainGaps.push(await gapOf(plain, requester))
    onRound()
  }
  return { gaps, plainGaps }
}

/** Of one change of its leader. */
export async function gapOf(
  { pool, heirs, change }: Contender,
  requester: Requester,
): Promise<Gap> {
  const { term, worker } = await requester.steady(pool, heirs)
  const changed = change(worker)
  const gap = await requester.gapAfter(pool, term)
  await changed
  return gap
}
