/** Requests a second of several who ask, taken in turns: each round has a sample of each, so that they are pairs. */

/** One who asks. */
export interface Requester {
  readonly what: string
  /** One request; resolves with whatever is the answer. */
  readonly ask: () => Promise<unknown>
}

/** So much that both ends are compiled as far as they will be: who was asked less is slower for that alone, by a third. */
const WARM_UP = { inFlight: 64, requests: 60_000 }
const warm = new WeakSet<Requester["ask"]>()

/** For each of `requesters` what it reached in each round, as requests a second. */
export async function ratesOf(
  requesters: readonly Requester[],
  inFlight: number,
  requests: number,
  rounds: number,
  onRound: () => void,
): Promise<Map<Requester, number[]>> {
  const rates = new Map<Requester, number[]>(requesters.map((it) => [it, []]))
  for (const { ask } of requesters.filter(({ ask }) => !warm.has(ask))) {
    await rateOf(ask, WARM_UP.inFlight, WARM_UP.requests)
    warm.add(ask)
  }
  for (let round = 0; round < rounds; round += 1) {
    // Who comes first changes, for the first of a round finds the machine rested.
    const order = round % 2 ? requesters.toReversed() : requesters
    for (const it of order) rates.get(it)?.push(await rateOf(it.ask, inFlight, requests))
    onRound()
  }
  return rates
}

/** Asks so often, so many at once; returns requests a second. */
export async function rateOf(
  ask: () => Promise<unknown>,
  inFlight: number,
  requests: number,
): Promise<number> {
  let left = requests
  const asking = async () => {
    while (left > 0) {
      left -= 1
      await ask()
    }
  }
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: inFlight }, asking))
  return requests / ((performance.now() - beganMs) / 1000)
}
