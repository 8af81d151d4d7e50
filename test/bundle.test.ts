/** A program and this package in one file, as bundlers make it, in a folder where nothing of the package stands. */
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { build, type Format } from "esbuild"
import t from "tap"
import { PACKAGE_VERSION } from "../src/discovery/package-version.js"
import { built } from "./fixtures/built.js"
import { tempFolder } from "./fixtures/folder.js"
import { testServer } from "./fixtures/server.js"

const ROOT = join(import.meta.dirname, "..")
const run = promisify(execFile)

/** Says what a worker of the pool answers, whether it leads, its package's version, and what comes of threads. */
const PROGRAM = `
import { connectToNats, HandlerThreads, joinPool, PoolClient } from ${JSON.stringify(built("index.js"))}
async function main() {
  const leads = new Promise((resolve) => setTimeout(resolve, 60_000).unref() && (globalThis.begun = resolve))
  const lead = ({ term, signal }) => {
    globalThis.begun(term > 0)
    return new Promise((resolve) => signal.addEventListener("abort", resolve))
  }
  const worker = await joinPool({ http: 0, work: (job) => "hello " + job.text(), lead })
  const client = await PoolClient.connect()
  console.log((await client.work("ann")).text())
  console.log(await leads)
  const connection = await connectToNats()
  console.log((await connection.request("$SRV.PING.work")).json().version)
  console.log((await (await fetch(worker.httpUrl + "/metrics")).text()).match(/[{,]version="(.*?)"/)?.[1])
  const [module, threadFile] = process.argv.slice(2)
  const threads = await HandlerThreads.open(module, 1, { threadFile }).catch((error) => error)
  if (threads instanceof Error) console.log(threads.name + ": " + threads.message)
  else {
    const inThreads = await joinPool({ pool: "threads", ...threads.handlers })
    const asking = await PoolClient.connect({ pool: "threads" })
    console.log((await asking.work("bob")).text())
    await asking.close()
    await inThreads.leave()
    await threads.close()
  }
  await connection.close()
  await client.close()
  await worker.leave()
}
main()
`

const FORMATS: [Format, string][] = [
  ["cjs", "program.cjs"],
  ["esm", "program.mjs"],
]

t.test("the version that is compiled in is the package's", async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  t.equal(PACKAGE_VERSION, version)
})

for (const [format, name] of FORMATS) {
  t.test(`a program that is bundled as ${format} joins, answers and leads elsewhere`, async (t) => {
    const server = await testServer(t)
    const folder = tempFolder(t)
    // What stands above it is the program's own, and none of ours.
    writeFileSync(join(folder, "package.json"), `{ "version": "9.9.9" }`)
    mkdirSync(join(folder, "out"))
    const module = join(folder, "module.mjs")
    writeFileSync(module, `export const work = (job) => "thread " + job.text()`)
    // Packages of the older kind ask for Node's own by require, which a bundle of the newer kind has not.
    const js = `import { createRequire } from "node:module"
      import { fileURLToPath } from "node:url"
      const require = createRequire(import.meta.url)
      const __filename = fileURLToPath(import.meta.url)`
    await build({
      stdin: { contents: PROGRAM, resolveDir: ROOT },
      outfile: join(folder, "out", name),
      ...{ bundle: true, platform: "node", format, logLevel: "error" },
      ...(format === "esm" && { banner: { js } }),
    })
    const says = async (...args: string[]) => {
      const env = { ...process.env, NATS_URL: server.url }
      const all = [join(folder, "out", name), module, ...args]
      return (await run(process.execPath, all, { env, cwd: folder })).stdout.trim().split("\n")
    }
    const said = ["hello ann", "true", PACKAGE_VERSION, PACKAGE_VERSION]
    const asked = `BadInput: threadFile: expected the path of the file that is service-pool-leader/thread, for this program is bundled (or leave the package out of the bundle), got nothing`
    t.strictSame(await says(), [...said, asked])
    const file = built("threads/thread.js")
    t.match((await says(file)).at(-1), /^BadInput: threads: expected the package piscina beside/)
    mkdirSync(join(folder, "node_modules"))
    symlinkSync(join(ROOT, "node_modules/piscina"), join(folder, "node_modules/piscina"))
    t.strictSame(await says(file), [...said, "thread bob"])
    t.match((await says("nowhere.js")).at(-1), /threadFile: expected .*, got "nowhere\.js"$/)
    symlinkSync(ROOT, join(folder, "node_modules/service-pool-leader"))
    t.strictSame(await says(), [...said, "thread bob"], "and one that is installed is found")
  })
}
