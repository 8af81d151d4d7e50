/** A job that is held until its process is killed, or until it is cancelled: see killed-workers.ts. */
import { machineNow } from "../../dist/jobs/give-back/machine-clock.js"

async function hold(job) {
  process.send({ type: "begins", atMs: machineNow().monoMs })
  await new Promise((resolve) => job.signal.addEventListener("abort", resolve, { once: true }))
}

export const jobs = { hold }
