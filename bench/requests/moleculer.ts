/**
 * A peer: moleculer over NATS, tuned as far as it goes. Its nodes stand in a queue group of the server as ours do (its own
 * balancer is off), nothing is logged or validated, and its connections make no traces for errors that never come. It is
 * fetched into `.pool/peers` when the bench wants it, for nothing of the product needs it.
 */
import { execFile } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { promisify } from "node:util"
import type { Requester } from "./rates.js"
import { Responders } from "./responders.js"

/** The last that run on Node 20, and take each other. */
const VERSIONS = { moleculer: "0.14.36", nats: "2.29.3" }
const FOLDER = join(import.meta.dirname, "../../.pool/peers")
const LONGEST_FETCH_MS = 120_000

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
  await fetchInto(FOLDER)
  const { ServiceBroker } = createRequire(join(FOLDER, "package.json"))("moleculer")
  const responders = await Responders.start("./moleculer-node.js", [FOLDER, url], [])
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

/** Does nothing where it is there already. */
async function fetchInto(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: VERSIONS }))
  const args = ["install", "--no-fund", "--no-audit", "--no-package-lock", "--prefer-offline"]
  await promisify(execFile)("npm", args, { cwd: folder, timeout: LONGEST_FETCH_MS })
}
