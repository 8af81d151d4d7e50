/** Requests a second: what a worker of a pool takes, beside plain responders, for a requester that is the same. */
import type { Context } from "./part.js"
import { simpleWork } from "./requests/simple-work.js"
import { type Row, rowOf } from "./rows.js"

const IN_FLIGHT = [1, 100, 256]
/** A round takes much less time here than where a leader changes. */
const MOST_PAIRS = 15

export async function requests({ url, rounds, loader, progress }: Context): Promise<Row[]> {
  const pairs = Math.min(rounds, MOST_PAIRS)
  const measured = await simpleWork(url, IN_FLIGHT, pairs, loader, () => progress("w"))
  return measured.map(({ inFlight, pairs }) =>
    rowOf({
      what: `workers of a pool, ${inFlight} in flight`,
      unit: "/s",
      samples: pairs.map(({ pool }) => pool),
      baseline: { what: "plain responders", samples: pairs.map(({ plain }) => plain) },
      limit: { of: "ratio", figure: "median", atLeast: 0.98 },
    }),
  )
}
