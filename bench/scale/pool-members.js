/**
 * Many members of one pool in one process, each with a connection of its own, as light as a process of them can be: not
 * TypeScript, so that nothing of a loader is measured. Says `joined` to its parent when all have joined, and ends with it;
 * its parent may send the name of one that is to hand over. What they report is written to standard error.
 */
import { joinPool } from "../../dist/index.js"

const [pool = "", first = "0", count = "1", servers = ""] = process.argv.slice(2)
const names = Array.from({ length: Number(count) }, (_, n) => `m${Number(first) + n}`)
const report = (problem, error) => console.error(problem, error?.message ?? "")
const leaderWork = () => ""
const connect = { servers, timeoutMs: 60_000 }
const workers = new Map()
process.on("disconnect", () => process.exit())
process.on("message", (name) => workers.get(name)?.handOver().catch(report))
await Promise.all(
  names.map(async (name) => {
    workers.set(name, await joinPool({ pool, name, connect, work: () => "", leaderWork, report }))
  }),
)
process.send("joined")
