/**
 * A peer: moleculer over NATS, tuned as far as it goes. Its nodes stand in a queue group of the server as ours do (its own
 * balancer is off), nothing is logged or validated, and its connections make no traces for errors that never come.
 */
import { createRequire } from "node:module"
import { join } from "node:path"
import { fetchPeer } from "../peers.js"
import type { Requester } from "./rates.js"
import { Responders } from "./responders.js"

/** The last that run on Node 20, and take each other. */
const VERSIONS = { moleculer: "0.14.36", nats: "2.29.3" }

interface Broker {
  start(): Promise<void>
  stop(): Promise<void>
  waitForServices(name: string, timeoutMs: number): Promise<void>
  call(action: string, params: unknown): Promise<unknown>
}

export interface Peer extends Requester {
  stop(): Promise<void>
}

/** Starts it, both ends; throws where it can't be fetched. */
export async function moleculer(url: string, payload: string): Promise<Peer> {
  const folder = await fetchPeer("moleculer", VERSIONS)
  const { ServiceBroker } = createRequire(join(folder, "package.json"))("moleculer")
  const responders = await Responders.start("./moleculer-node.js", [folder, url], [])
  const broker: Broker = new ServiceBroker({
    nodeID: "requester",
    transporter: { type: "NATS", options: { url, noAsyncTraces: true } },
    disableBalancer: true,
    logger: false,
    validator: false,
    requestTimeout: 10_000,
  })
  await broker.start()
  await broker.waitForServices("bench", 10_000)
  return {
    what: `moleculer ${VERSIONS.moleculer} (nats ${VERSIONS.nats}), both ends`,
    ask: () => broker.call("bench.echo", { payload }),
    async stop() {
      await broker.stop()
      await responders.stop()
    },
  }
}
