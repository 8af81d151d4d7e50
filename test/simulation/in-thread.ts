/** Runs a module in a thread of its own: the test runner's hooks into promises would make each schedule take twice as long. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"

/** Resolves with what the module, which is TypeScript, says first. */
export async function inThread<T>(module: URL, workerData: unknown): Promise<T> {
  // In a thread `--import=tsx` does nothing.
  const program = `import("tsx/esm/api").then(({ register }) => register() && import("${module}"))`
  const thread = new Worker(program, { eval: true, execArgv: [], workerData })
  const [said] = await once(thread, "message")
  return said as T
}
