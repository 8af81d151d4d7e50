/**
 * Simple work through a pool beside plain responders of the client library, on the same server: three of each in
 * processes of their own, asked in turn, pair by pair, with 1 and with 100 requests in flight.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { connect, type NatsConnection } from "nats"

const RESPONDERS = 3
const PAYLOAD = "x".repeat(128)

/** Requests a second, the pool's over the plain ones', in pairs. */
export interface Ratio {
  readonly inFlight: number
  readonly pairs: readonly { readonly pool: number; readonly plain: number }[]
}

/** Measures `pairs` pairs for every number in flight; `loader` has Node run the TypeScript of a responder. */
export async function simpleWork(
  url: string,
  inFlights: readonly number[],
  pairs: number,
  loader: readonly string[],
  onPair: () => void,
): Promise<Ratio[]> {
  const children = await Promise.all(
    ["pool", "plain"].flatMap((kind) =>
      Array.from({ length: RESPONDERS }, () => responder(kind, url, loader)),
    ),
  )
  const connection = await connect({ servers: url, noAsyncTraces: true })
  try {
    const ratios: Ratio[] = []
    for (const inFlight of inFlights) {
      const requests = inFlight === 1 ? 1_500 : 10_000
      const measured: { pool: number; plain: number }[] = []
      await rate(connection, "bench-pool", inFlight, requests)
      await rate(connection, "bench-plain", inFlight, requests)
      for (let pair = 0; pair < pairs; pair += 1) {
        const pool = await rate(connection, "bench-pool", inFlight, requests)
        const plain = await rate(connection, "bench-plain", inFlight, requests)
        measured.push({ pool, plain })
        onPair()
      }
      ratios.push({ inFlight, pairs: measured })
    }
    return ratios
  } finally {
    await connection.close()
    for (const child of children) child.disconnect()
    await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")))
  }
}

async function responder(
  kind: string,
  url: string,
  loader: readonly string[],
): Promise<ChildProcess> {
  const file = fileURLToPath(new URL("./responder.js", import.meta.url))
  const child = fork(file, [kind, url], { execArgv: [...loader] })
  await once(child, "message")
  return child
}

async function rate(
  connection: NatsConnection,
  subject: string,
  inFlight: number,
  requests: number,
): Promise<number> {
  let left = requests
  const ask = async () => {
    while (left > 0) {
      left -= 1
      await connection.request(subject, PAYLOAD, { timeout: 10_000 })
    }
  }
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: inFlight }, ask))
  return requests / ((performance.now() - beganMs) / 1000)
}
