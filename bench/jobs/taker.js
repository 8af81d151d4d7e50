/**
 * Takes jobs and does nothing with them, in a process of its own: see takers.ts. Not TypeScript, so that it is as light as
 * it can be. Its arguments: which system, where that is, and what else it needs; each system is a module beside this one that
 * has `taking(took, ...)`, which calls `took` for each job, and returns what starts and stops that.
 */
import { machineNow } from "../../dist/jobs/give-back/machine-clock.js"

const TELL_EVERY_MS = 10
const [system, ...args] = process.argv.slice(2)
const { taking } = await import(`./${system}`)
let taken = 0
let told = 0
let lastMs = 0
const orders = await taking(
  () => {
    taken += 1
    lastMs = machineNow().monoMs
  },
  ...args,
)

const tell = (did) => {
  told = taken
  process.send({ did, taken, lastMs })
}
process.on("message", async (order) => {
  await orders[order]()
  tell(order)
})
process.on("disconnect", () => process.exit())
setInterval(() => {
  if (told !== taken) tell()
}, TELL_EVERY_MS)
tell("be")
