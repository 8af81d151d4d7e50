/**
 * A peer: BullMQ on Redis, both as they come. What is done is removed, as with us; where its result is waited for the last
 * thousand stay, for it asks for them afterwards.
 */
import { createRequire } from "node:module"
import { join } from "node:path"
import { fetchPeer } from "../peers.js"
import { killedPeer } from "./killed-workers.js"
import { startRedis } from "./redis.js"
import { type JobSystem, PAYLOAD } from "./system.js"
import { AT_ONCE, Takers } from "./takers.js"

const VERSIONS = { bullmq: "6.7.0", ioredis: "6.0.0" }
const QUEUE = "noop"
const HELD = "hold"
const KEPT = 1_000

interface Job {
  waitUntilFinished(events: QueueEvents): Promise<unknown>
}
interface Queue {
  add(name: string, data: unknown, options: unknown): Promise<Job>
  close(): Promise<void>
}
interface QueueEvents {
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
}
interface BullMQ {
  readonly Queue: new (name: string, options: unknown) => Queue
  readonly QueueEvents: new (name: string, options: unknown) => QueueEvents
}

export interface Peer extends JobSystem {
  /** Kills a worker while it has a job; how long it takes until that begins elsewhere, in ms. */
  killed(): Promise<number>
}

/** Starts it, with a Redis of its own; throws where it can't be had. */
export async function bullmq(): Promise<Peer> {
  const redis = await startRedis()
  try {
    const folder = await fetchPeer("bullmq", VERSIONS)
    const { Queue, QueueEvents }: BullMQ = createRequire(join(folder, "package.json"))("bullmq")
    const connection = { host: "127.0.0.1", port: redis.port, maxRetriesPerRequest: null }
    const queue = new Queue(QUEUE, { connection })
    const events = new QueueEvents(QUEUE, { connection })
    await events.waitUntilReady()
    const port = String(redis.port)
    const args = ["bullmq-taker.js", folder, port, QUEUE, String(AT_ONCE)]
    const takers = await Takers.start("./taker.js", ...args)
    const add = (removeOnComplete: unknown) =>
      queue.add(QUEUE, { payload: PAYLOAD }, { removeOnComplete })
    return {
      what: `BullMQ ${VERSIONS.bullmq} on Redis ${redis.version}`,
      takers,
      enqueue: () => add(true),
      roundTrip: async () => (await add({ count: KEPT })).waitUntilFinished(events),
      async killed() {
        const held = new Queue(HELD, { connection })
        await held.add(HELD, {}, {})
        return killedPeer("./bullmq-holding.js", folder, port, HELD).finally(() => held.close())
      },
      async close() {
        await takers.close()
        await events.close()
        await queue.close()
        await redis.stop()
      },
    }
  } catch (error) {
    await redis.stop()
    throw error
  }
}
