/**
 * Runs a file in a thread of its own, made into one file first: the test runner's hooks into promises, and what a loader
 * adds to each function so that it keeps its name, would cost as much again as the schedules themselves.
 */
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { build } from "esbuild"

const TAP = join(import.meta.dirname, "../../.tap")
/** Packages of the older kind ask for Node's own by require, which a file of the newer kind has not. */
const REQUIRE = `import { createRequire } from "node:module"
const require = createRequire(import.meta.url)`
/** With less, garbage is collected so often that it costs a tenth of the time. */
const YOUNG_MB = 48

const bundles = new Map<string, Promise<string>>()

/** Resolves with what `file`, which is TypeScript, says first. */
export async function inThread<T>(file: URL, workerData: unknown): Promise<T> {
  const bundle = bundles.get(file.href) ?? bundled(file)
  bundles.set(file.href, bundle)
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB }
  const thread = new Worker(await bundle, { execArgv: [], resourceLimits, workerData })
  const [said] = await once(thread, "message")
  return said as T
}

/** The path of `file` and all that it imports in one file, which is there as long as this process is. */
async function bundled(file: URL): Promise<string> {
  mkdirSync(TAP, { recursive: true })
  const folder = mkdtempSync(join(TAP, "thread-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  const outfile = join(folder, "thread.mjs")
  await build({
    entryPoints: [fileURLToPath(file)],
    ...{ outfile, bundle: true, platform: "node", target: "node20", format: "esm" },
    ...{ banner: { js: REQUIRE }, logLevel: "error" },
  })
  return outfile
}
