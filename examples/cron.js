/**
 * A job that fires once in the cluster, however many of these run, also while leadership moves: the leader alone does
 * it, and each slot of time is taken by whoever first creates its key.
 *
 *   node examples/cron.js          # as often as you like, on as many machines as you like
 */
import { setTimeout as wait } from "node:timers/promises"
import { Kvm } from "@nats-io/kv"
import { connectToNats, joinPool } from "service-pool-leader"

const everyMs = Number(process.env.EVERY_MS ?? 60_000)
const connection = await connectToNats()
const slots = await new Kvm(connection).create("cron_slots", { ttl: 100 * everyMs })

const worker = await joinPool({ pool: "cron", connection, lead })
process.once("SIGTERM", leave).once("SIGINT", leave)

async function lead({ term, signal }) {
  while (!signal.aborted) {
    const slot = Math.floor(Date.now() / everyMs) + 1
    await wait(slot * everyMs - Date.now(), undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const isMine = await slots.create(String(slot), worker.name).catch(() => false)
    if (isMine) console.log(`${slot}: ${worker.name} fires, in term ${term}`)
  }
}

async function leave() {
  await worker.leave()
  await connection.close()
}
