/**
 * How long nobody answers tracked work when the leader changes: from the last answer of the old leader to the first of
 * its successor, as a requester sees it that asks every millisecond. In turns with the same of plain client library, for
 * on a slow machine that has its time as well.
 */
import { type Change, type Contender, plainContender, poolContender } from "./contenders.js"
import type { Counts } from "./ongoing-requests.js"
import type { Requester } from "./requester.js"

export interface ChangesOfLeader {
  /** In ms, round by round. */
  readonly gaps: readonly number[]
  /** The same of plain NATS, each beside the pool's of that round. */
  readonly plainGaps: readonly number[]
  readonly requests: Counts
}

/** Measures `rounds` changes of leader. */
export async function changesOfLeader(
  url: string,
  requester: Requester,
  rounds: number,
  change: Change,
  onRound: () => void,
): Promise<ChangesOfLeader> {
  const pool = await poolContender(url, change)
  const plain = await plainContender(url, change)
  const pairs: { pool: number; plain: number }[] = []
  try {
    await requester.startRequests(pool.pool)
    for (let round = 0; round < rounds; round += 1) {
      pairs.push({ pool: await gapOf(pool, requester), plain: await gapOf(plain, requester) })
      onRound()
    }
    return {
      gaps: pairs.map((pair) => pair.pool),
      plainGaps: pairs.map((pair) => pair.plain),
      requests: await requester.stopRequests(),
    }
  } finally {
    await pool.close()
    await plain.close()
  }
}

async function gapOf({ pool, heirs, change }: Contender, requester: Requester): Promise<number> {
  const { term, worker } = await requester.steady(pool, heirs)
  const changed = change(worker)
  const { ms } = await requester.gapAfter(pool, term)
  await changed
  return ms
}
