/**
 * What is loaded before a command does anything, which is most of what it takes: each package by its name, and how many
 * files Node has to find and read. What grew by purpose is written down here anew.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import t, { type Test } from "tap"
import { built } from "./fixtures/built.js"
import { tempFolder } from "./fixtures/folder.js"
import { testServer } from "./fixtures/server.js"

/** What every connection to NATS takes. */
const NATS = ["@nats-io/nats-core", "@nats-io/nkeys", "@nats-io/nuid", "nats", "tweetnacl"]
const JETSTREAM = ["@nats-io/jetstream", "@nats-io/kv"]
const COMMAND_LINE = ["commander", "ms"]
const WIDTHS = ["ansi-regex", "get-east-asian-width", "string-width", "strip-ansi"]
const LOG = [
  ...["@pinojs/redact", "atomic-sleep", "on-exit-leak-free", "pino", "pino-std-serializers"],
  ...["quick-format-unescaped", "safe-stable-stringify", "sonic-boom", "thread-stream"],
]

const POOL = built("cli.js")

interface Loaded {
  readonly packages: readonly string[]
  readonly files: number
}

t.test("pool --version loads the command line alone", async (t) => {
  const [command] = await loadedBy(t, [POOL, "--version"])
  isLoaded(t, command, COMMAND_LINE, 20)
})

t.test("pool members loads what speaks with NATS besides", async (t) => {
  const server = await testServer(t)
  const [command] = await loadedBy(t, [POOL, "members", "--servers", server.url])
  isLoaded(t, command, [...COMMAND_LINE, ...NATS, ...JETSTREAM], 50)
})

t.test("a worker that is idle loads no metrics, no threads and no screen", async (t) => {
  const server = await testServer(t)
  const args = [POOL, "worker", "--servers", server.url]
  const [command, process] = await loadedBy(t, args, /"joined"/)
  isLoaded(t, process, [...NATS, ...JETSTREAM, ...LOG, "ms"], 30)
  isLoaded(t, command, [...COMMAND_LINE, ...NATS, ...JETSTREAM, ...LOG], 60)
})

t.test("pool dashboard --once loads neither Ink nor React", async (t) => {
  const server = await testServer(t)
  const [command] = await loadedBy(t, [POOL, "dashboard", "--once", "--servers", server.url])
  isLoaded(t, command, [...COMMAND_LINE, ...NATS, ...JETSTREAM, ...WIDTHS], 63)
})

t.test("a program that imports this package loads what speaks with NATS", async (t) => {
  const file = join(tempFolder(t), "program.mjs")
  writeFileSync(file, `import ${JSON.stringify(built("index.js"))}`)
  const [program] = await loadedBy(t, [file])
  isLoaded(t, program, [...NATS, ...JETSTREAM, "ms"], 250)
})

function isLoaded(t: Test, { packages, files }: Loaded, expected: string[], most: number): void {
  t.strictSame(packages, expected.toSorted())
  t.ok(files <= most, `${files} files, of ${most}`)
}

/** Runs Node with `args`; once it has said `enough` it is told to end. What each of its processes loaded. */
async function loadedBy(t: Test, args: string[], enough?: RegExp): Promise<[Loaded, Loaded]> {
  const folder = tempFolder(t)
  // Node itself tells of what it ran, when a process ends. What tap loads into each process is left out.
  const env = { ...process.env, NODE_V8_COVERAGE: folder }
  const child = spawn("env", ["-u", "NODE_OPTIONS", process.execPath, ...args], {
    ...{ cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] },
  })
  t.teardown(() => child.kill("SIGKILL"))
  let said = ""
  const heard = (words: string) => {
    said += words
    if (enough?.test(said)) child.kill("SIGTERM")
  }
  child.stdout.setEncoding("utf8").on("data", heard)
  child.stderr.setEncoding("utf8").on("data", heard)
  await once(child, "close")
  t.comment(said)
  return loadedIn(folder)
}

/** What each process loaded, the one that was started first. */
function loadedIn(folder: string): [Loaded, Loaded] {
  const reports = readdirSync(folder).map((name) => {
    const { result } = JSON.parse(readFileSync(join(folder, name), "utf8"))
    const urls = (result as { url: string }[]).map(({ url }) => url)
    return urls.filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url))
  })
  const isWorker = (files: string[]) => files.some((file) => /worker-main/.test(file))
  const inOrder = reports.toSorted((a, b) => Number(isWorker(a)) - Number(isWorker(b)))
  return inOrder.map((files) => {
    const packages = new Set(files.flatMap(packagesIn))
    return { packages: [...packages].toSorted(), files: files.length }
  }) as Loaded[] as [Loaded, Loaded]
}

/** The package that `file` is of; or those that are bundled into it: it names the file of each part. */
function packagesIn(file: string): string[] {
  if (file.includes("/node_modules/")) return [packageOf(file)]
  const parts = readFileSync(file, "utf8").matchAll(/^\/\/ (\S*node_modules\/\S+)$/gm)
  return [...parts].map(([, path]) => packageOf(path as string))
}

function packageOf(path: string): string {
  return /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path
}
