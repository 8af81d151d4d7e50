/**
 * Whether terms ran backwards: a bucket that was lost and made anew counts from 1, and then whoever fences by term
 * refuses every leader. What was known before stands in the entries of the members, and in the history.
 */
import type { NatsConnection } from "nats"
import { readHistory } from "../history/history-stream.js"
import type { PoolView } from "../operator/pool-view.js"
import { reignOf } from "../protocol/claim.js"
import type { PoolNames } from "../protocol/names.js"

/** Terms below one that was known. */
export interface LowerTerms {
  /** Of who leads, or led last. */
  readonly term: number
  readonly known: number
  /** Names of those who know it: members, and the history. */
  readonly by: readonly string[]
}

/** How many records of the history are looked at. */
const RECORDS = 20

/** The terms of the pool as in `view`, if they are below those that were known; undefined if all is well. */
export async function lowerTerms(
  connection: NatsConnection,
  names: PoolNames,
  { members, standing }: PoolView,
): Promise<LowerTerms | undefined> {
  if (!standing) return undefined
  const { term } = reignOf(standing)
  // Who may not read the history is told what the members know.
  const records = await readHistory(connection, names, RECORDS).catch(() => [])
  const told = records.map(({ record }) => ({ name: "the history", knownTerm: record.term }))
  const known = [...members, ...told].map(({ name, knownTerm = 0 }) => ({ name, knownTerm }))
  const highest = Math.max(0, ...known.map(({ knownTerm }) => knownTerm))
  if (highest <= term) return undefined
  const by = known.filter(({ knownTerm }) => knownTerm === highest).map(({ name }) => name)
  return { term, known: highest, by: [...new Set(by)] }
}

/**
 * What to do about them where the bucket stands at the revision `reached`. Revisions that are past what is known need no
 * purge, and one up to there would take nothing away.
 */
export function remedyFor({ known }: LowerTerms, { bucket }: PoolNames, reached: number): string {
  return reached > known
    ? "have somebody else lead, whose term will be above it: pool hand-over, or end the leader"
    : `have them go on above it; the pool elects anew: nats stream purge KV_${bucket} --seq ${known + 1} --force`
}
