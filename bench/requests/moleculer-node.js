/** A node of moleculer, in a process of its own: see moleculer.ts. Not TypeScript, so that it is as light as it can be. */
import { createRequire } from "node:module"
import { join } from "node:path"

const [folder, url] = process.argv.slice(2)
const { ServiceBroker } = createRequire(join(folder, "package.json"))("moleculer")
const broker = new ServiceBroker({
  nodeID: `node-${process.pid}`,
  transporter: { type: "NATS", options: { url, noAsyncTraces: true } },
  disableBalancer: true,
  logger: false,
  validator: false,
})
broker.createService({ name: "bench", actions: { echo: (context) => context.params } })
await broker.start()
process.once("disconnect", () => broker.stop())
process.send("ready")
