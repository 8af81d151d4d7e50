/** One of two processes with a worker of BullMQ, one of which is killed while it has a job: see killed-workers.ts. */
import { createRequire } from "node:module"
import { join } from "node:path"
import { machineNow } from "../../dist/jobs/give-back/machine-clock.js"

const [folder, port, queue] = process.argv.slice(2)
const { Worker } = createRequire(join(folder, "package.json"))("bullmq")
const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null }

async function hold() {
  process.send({ type: "begins", atMs: machineNow().monoMs })
  await new Promise(() => {})
}

process.on("disconnect", () => process.exit())
// How long a lock lasts, and how often is looked for what is stalled, is as it comes.
new Worker(queue, hold, { connection })
