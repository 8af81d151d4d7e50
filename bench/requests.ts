/**
 * Requests a second. First the client: PoolClient beside the client library's own `request`, both asking the same plain
 * responders, so that only the client differs. Then the workers: those of a pool beside plain responders, asked by the
 * same requester. And both ends together, beside a peer. The payload has 128 bytes.
 */
import { connect, type NatsConnection } from "nats"
import { PoolClient } from "../dist/client/client.js"
import { reasonOf } from "../dist/errors/thrown.js"
import type { Context } from "./part.js"
import { moleculer } from "./requests/moleculer.js"
import { type Requester, ratesOf } from "./requests/rates.js"
import { Responders } from "./requests/responders.js"
import { type Limit, type Row, rowOf } from "./rows.js"

const PAYLOAD = "x".repeat(128)
const TIMEOUT = { timeout: 10_000 }
const TIMEOUT_MS = { timeoutMs: 10_000 }
const IN_FLIGHT = [1, 100, 256]
/** A round takes much less time here than where a leader changes. */
const MOST_ROUNDS = 11

/** What is measured, beside which of the others, and what should hold of that. */
interface Compared {
  readonly requester: Requester
  readonly baseline: Requester
  /** For how many in flight; default all. */
  readonly inFlight?: readonly number[]
  readonly atLeast?: number
}

export async function requests(context: Context): Promise<Row[]> {
  const { url, loader } = context
  const ends: (() => Promise<void>)[] = []
  const connection = async (noAsyncTraces: boolean) => {
    const connected = await connect({ servers: url, noAsyncTraces })
    ends.push(() => connected.close())
    return connected
  }
  const client = async (pool: string) => {
    const connected = await PoolClient.connect({ servers: url, pool })
    ends.push(() => connected.close())
    return connected
  }
  try {
    for (const kind of ["plain", "pool"]) {
      const responders = await Responders.start("./responder.js", [kind, url], loader)
      ends.push(() => responders.stop())
    }
    const plain = request("nats.request, noAsyncTraces", "bench-plain", await connection(true))
    const traced = request("nats.request as it comes", "bench-plain", await connection(false))
    const workers = request("workers of a pool", "bench-pool", await connection(true))
    const toPlain = await client("bench-plain")
    const toPool = await client("bench-pool")
    const work = { what: "PoolClient.work", ask: () => toPlain.work(PAYLOAD, TIMEOUT_MS) }
    const leaderWork = {
      what: "PoolClient.leaderWork",
      ask: () => toPlain.leaderWork(PAYLOAD, TIMEOUT_MS),
    }
    const both = { what: "PoolClient and workers", ask: () => toPool.work(PAYLOAD, TIMEOUT_MS) }
    const many = [100, 256]
    const compared: Compared[] = [
      { requester: work, baseline: plain, inFlight: many, atLeast: 1.5 },
      { requester: leaderWork, baseline: plain, inFlight: many, atLeast: 1.3 },
      {
        requester: { ...workers },
        baseline: { ...plain, what: "plain responders" },
        atLeast: 0.98,
      },
      { requester: both, baseline: plain },
      { requester: traced, baseline: plain },
    ]
    const peer = await moleculer(url, PAYLOAD).catch((error) => {
      console.error(`moleculer is left out: ${reasonOf(error)}`)
    })
    if (peer) {
      ends.push(() => peer.stop())
      compared.push({ requester: peer, baseline: plain })
    }
    return await measure(context, compared)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

function request(what: string, subject: string, connection: NatsConnection): Requester {
  return { what, ask: () => connection.request(subject, PAYLOAD, { ...TIMEOUT }) }
}

/** Each comparison in a run of its own, so that who is compared has its baseline right beside it. */
async function measure(
  { rounds, progress }: Context,
  compared: readonly Compared[],
): Promise<Row[]> {
  const rows: Row[] = []
  const times = Math.min(rounds, MOST_ROUNDS)
  for (const { requester, baseline, inFlight = IN_FLIGHT, atLeast } of compared) {
    for (const count of inFlight) {
      const asked = count === 1 ? 1_000 : 8_000
      const rates = await ratesOf([requester, baseline], count, asked, times, () => progress("r"))
      const limit: Limit | undefined =
        atLeast === undefined ? undefined : { of: "ratio", figure: "median", atLeast }
      rows.push(
        rowOf({
          what: `${requester.what}, ${count} in flight`,
          unit: "/s",
          samples: rates.get(requester) ?? [],
          baseline: { what: baseline.what, samples: rates.get(baseline) ?? [] },
          ...(limit && { limit }),
        }),
      )
    }
  }
  return rows
}
