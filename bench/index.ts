/**
 * `make bench`: runs the parts one after another, each on a server of its own, prints their tables, and writes all of it
 * as JSON. `ONLY=requests,failover` runs some of them, `ROUNDS=5` makes it short, `OUT=path` says where the JSON goes
 * (`.pool/bench.json`). Limits that are missed are shown and decide nothing; a part that fails does.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { reasonOf } from "../dist/errors/thrown.js"
import { findServer } from "../dist/nats-server/find-server.js"
import { startServer } from "../dist/nats-server/start-server.js"
import { distance } from "./distance.js"
import { failover } from "./failover.js"
import { jobs } from "./jobs.js"
import { chosenOf, type Part, roundsOf } from "./part.js"
import { headOf, type PartReport, textOf, write } from "./report.js"
import { requests } from "./requests.js"
import { scale } from "./scale.js"
import { start } from "./start.js"
import { machine, versions } from "./surroundings.js"

const PARTS: Readonly<Record<string, Part>> = {
  failover,
  distance,
  requests,
  jobs,
  scale,
  start,
}

/** Takes five minutes, most of them waiting. */
const IF_NAMED = "distance"

const { ONLY = "", ROUNDS = "20", OUT = ".pool/bench.json" } = process.env
// The processes of a pool must be what they are for a user, without what loads the TypeScript of this one.
const loader = process.execArgv.splice(0)

try {
  await run(chosenOf(ONLY, Object.keys(PARTS), [IF_NAMED]), roundsOf(ROUNDS))
} catch (error) {
  console.error(`bench: ${reasonOf(error)}`)
  process.exitCode = 1
}
// A part that failed may have left something open.
process.exit()

async function run(names: readonly string[], rounds: number): Promise<void> {
  const program = await findServer({ env: process.env })
  if (!program) throw new Error("no nats-server; make bench finds one")
  const about = {
    at: new Date().toISOString(),
    rounds,
    versions: versions(program.version),
    machine: machine(),
  }
  for (const line of headOf(about)) console.log(line)
  const parts: PartReport[] = []
  for (const name of names) {
    const report = await measure(name, PARTS[name] as Part, program.path, rounds)
    parts.push(report)
    console.log(["", ...textOf(report)].join("\n"))
    if (report.failed !== undefined) process.exitCode = 1
    // After each, so that an interrupt leaves what there is.
    write({ ...about, parts }, OUT)
  }
  console.log(`\nwritten to ${OUT}`)
}

async function measure(
  part: string,
  run: Part,
  binary: string,
  rounds: number,
): Promise<PartReport> {
  const folder = mkdtempSync(join(tmpdir(), "pool-bench-"))
  const logFile = join(folder, "nats-server.log")
  const server = await startServer({ binary, port: -1, storeDir: folder, logFile })
  const beganMs = performance.now()
  const seconds = () => (performance.now() - beganMs) / 1000
  const progress = (mark: string) => process.stderr.write(mark)
  try {
    const rows = await run({ url: server.url, binary, rounds, loader, progress })
    return { part, seconds: seconds(), rows }
  } catch (error) {
    return { part, seconds: seconds(), rows: [], failed: reasonOf(error) }
  } finally {
    process.stderr.write("\n")
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
