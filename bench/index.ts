/**
 * `make bench`: changes of leader, and simple work beside plain responders. Prints figures beside their limits and
 * decides nothing: timings depend on the machine. `ROUNDS=5` makes it short.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findServer } from "../dist/nats-server/find-server.js"
import { startServer } from "../dist/nats-server/start-server.js"
import { changesOfLeader } from "./change-of-leader.js"
import { figuresOf, inMs, inTimes } from "./figures.js"
import { GONE_LEASE_MS, machinesGone } from "./machine-gone.js"
import { Requester } from "./requester.js"
import { inWords } from "./requests.js"
import { simpleWork } from "./simple-work.js"

const ROUNDS = Number(process.env.ROUNDS ?? 50)
const PAIRS = Math.min(ROUNDS, 15)

const folder = mkdtempSync(join(tmpdir(), "pool-bench-"))
const program = await findServer({ env: process.env })
if (!program) throw new Error("no nats-server; make bench finds one")
const server = await startServer({
  binary: program.path,
  port: -1,
  storeDir: folder,
  logFile: join(folder, "nats-server.log"),
})
// The processes of a pool must be what they are for a user, without what loads the TypeScript of this one.
const loader = process.execArgv.splice(0)
const progress = (mark: string) => () => process.stderr.write(mark)
try {
  console.log(`nats-server ${server.version}, node ${process.version}, ${ROUNDS} rounds each`)
  const requester = await Requester.start(server.url, loader)
  const kind = await changesOfLeader(server.url, requester, ROUNDS, "kind", progress("s"))
  const killed = await changesOfLeader(server.url, requester, ROUNDS, "kill", progress("k"))
  const gone = await machinesGone(server.url, requester, ROUNDS, progress("g"))
  await requester.close()
  const ratios = await simpleWork(server.url, [1, 100], PAIRS, loader, progress("w"))
  process.stderr.write("\n")
  console.log(inMs("kind hand-over", kind.gap, "limit: median 3 ms"))
  console.log(inMs("  the barest of plain nats", kind.plain, inTimes(kind.ratio)))
  console.log(inMs("kill -9 of the leader", killed.gap, "limits: median 8 ms, p99 50 ms"))
  console.log(inMs("  the barest of plain nats", killed.plain, inTimes(killed.ratio)))
  const goneLimit = Math.round(GONE_LEASE_MS * 1.05 + 50)
  console.log(
    inMs(`machine gone, lease ${GONE_LEASE_MS} ms`, gone.gap, `limit: max ${goneLimit} ms`),
  )
  console.log(inWords("requests: kind hand-over", kind.requests))
  console.log(inWords("requests: kill -9", killed.requests))
  console.log(inWords("requests: machine gone", gone.requests))
  for (const { inFlight, pairs } of ratios) {
    const ratio = figuresOf(pairs.map(({ pool, plain }) => pool / plain))
    const pool = Math.round(figuresOf(pairs.map((pair) => pair.pool)).median)
    const plain = Math.round(figuresOf(pairs.map((pair) => pair.plain)).median)
    const rates = `pool ${pool}/s, plain nats ${plain}/s`
    console.log(
      `simple work, ${String(inFlight).padStart(3)} in flight   n ${pairs.length}  ${rates}, ${inTimes(ratio)}`,
    )
  }
} finally {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}
