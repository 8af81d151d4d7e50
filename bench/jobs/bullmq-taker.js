/** A worker of BullMQ takes jobs: see taker.js. */
import { createRequire } from "node:module"
import { join } from "node:path"

export async function taking(took, folder, port, queue, concurrency) {
  const { Worker } = createRequire(join(folder, "package.json"))("bullmq")
  const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null }
  const options = { connection, concurrency: Number(concurrency), autorun: false }
  const worker = new Worker(queue, async () => took(), options)
  worker.on("error", (error) => console.error(error.message))
  await worker.waitUntilReady()
  let isRunning = false
  return {
    start() {
      if (!isRunning) worker.run()
      isRunning = true
      return worker.resume()
    },
    // What it waits for it would get still, and waits for that.
    stop: () => isRunning && worker.pause(true),
  }
}
