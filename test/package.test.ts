/** The package as users get it: packed, installed in an empty folder, and used as the README says. */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import t, { type Test } from "tap"
import { Events } from "./fixtures/events.js"
import { tempFolder } from "./fixtures/folder.js"
import { memberReader } from "./fixtures/requester.js"
import { testServer } from "./fixtures/server.js"

const ROOT = join(import.meta.dirname, "..")
const SOURCES = ["src", "scripts", "package.json", "tsconfig.json", "tsconfig.build.json", ".npmrc"]
const DOCUMENTS = ["CHANGELOG.md", "LICENSE", "README.md", "nats-server.conf"]
const run = promisify(execFile)

// A copy is packed, for packing builds `dist` anew, which other tests use.
const source = tempFolder(t)
for (const name of [...SOURCES, ...DOCUMENTS]) {
  cpSync(join(ROOT, name), join(source, name), { recursive: true })
}
symlinkSync(join(ROOT, "node_modules"), join(source, "node_modules"))
await run("npm", ["pack", "--pack-destination", source], { cwd: source })
const tarball = readdirSync(source).find((name) => name.endsWith(".tgz")) as string

const consumer = tempFolder(t)
writeFileSync(join(consumer, "package.json"), `{ "private": true, "type": "module" }`)
const offline = ["--prefer-offline", "--no-audit", "--no-fund"]
await run("npm", ["install", ...offline, join(source, tarball)], { cwd: consumer })

/** The examples of the README and of the library's page, in order. */
const examples = ["README.md", "docs/library.md"]
  .map((page) => readFileSync(join(ROOT, page), "utf8"))
  .flatMap((text) => [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)])
  .map(([, code]) => code as string)

function example(words: string): string {
  const found = examples.filter((code) => code.includes(words))
  if (found.length !== 1) throw new Error(`${found.length} examples with ${words}`)
  return found[0] as string
}

interface Program {
  readonly child: ChildProcess
  /** Resolves once it has printed this. */
  says(words: string): Promise<void>
  /** Resolves with its exit code, and all that it printed. */
  ended(): Promise<{ code: number | null; said: string }>
}

/** Runs `code` as a module in the folder where the package is installed. */
function runModule(t: Test, name: string, code: string, url: string): Program {
  const file = join(consumer, `${name}.mjs`)
  writeFileSync(file, code)
  const env = { ...process.env, NATS_URL: url }
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "pipe"] })
  const said = new Events<string>()
  child.stdout.setEncoding("utf8").on("data", said.note)
  child.stderr.setEncoding("utf8").on("data", said.note)
  const closed = once(child, "close")
  t.teardown(() => child.kill("SIGKILL"))
  return {
    child,
    says: (words) => said.until((all) => all.join("").includes(words)),
    async ended() {
      const [code] = await closed
      return { code, said: said.all.join("") }
    },
  }
}

t.test("the package holds what was built and the documents, and nothing else", async (t) => {
  const { stdout } = await run("tar", ["-tzf", join(source, tarball)])
  const files = stdout
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""))
  const others = files.filter((path) => !/^dist\/.*\.(js|d\.ts)$/.test(path))
  t.strictSame(others.sort(), [...DOCUMENTS, "dist/bin/LICENSES.txt", "package.json"].sort())
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => `dist/${path.replace(/\.tsx?$/, "")}`)
  const built = files.filter((path) => /^dist\/(?!bin\/)/.test(path))
  t.strictSame(built.sort(), sources.flatMap((path) => [`${path}.js`, `${path}.d.ts`]).sort())
})

t.test("npx pool runs the command line", async (t) => {
  const { stdout } = await run("npx", ["--no-install", "pool", "--version"], { cwd: consumer })
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  t.equal(stdout, `${version}\n`)
})

t.test("the README's example joins, answers, leads and leaves", async (t) => {
  const server = await testServer(t)
  const stub = `const sweepTheOutbox = (term, signal) => {
    console.log("sweeps in term", term)
    return new Promise((done) => signal.addEventListener("abort", () => done(console.log("stops"))))
  }\n`
  const code = stub + example("sweepTheOutbox")
  t.ok(example("sweepTheOutbox").split("\n").length <= 17, "it is short")
  const worker = runModule(t, "worker", code, server.url)
  await worker.says("sweeps in term")
  const client = await runModule(t, "client", example("PoolClient.connect"), server.url).ended()
  t.equal(client.code, 0)
  t.match(client.said, /^\S+ (\d+) \{"term":\1,"seen":"\{\\"to\\":\\"ann@example\.org\\"\}"\}\n$/)
  const ask = `import { PoolClient } from "service-pool-leader"
    const client = await PoolClient.connect({ pool: "mail" })
    console.log((await client.work({ to: "ann" })).text())
    await client.close()`
  t.match(await runModule(t, "ask", ask, server.url).ended(), { code: 0, said: "sent to ann\n" })
  worker.child.kill("SIGTERM")
  t.match(await worker.ended(), { code: 0, said: /\nstops\n$/ })
  t.strictSame(await (await memberReader(t, server.url))(), [])
})

t.test("all examples are programs", async (t) => {
  for (const [at, code] of examples.entries()) {
    const lines = code.split("\n").filter((line) => !line.startsWith("import "))
    const file = join(consumer, `example${at}.mjs`)
    writeFileSync(file, `async function example() {\n${lines.join("\n")}\n}`)
    await t.resolves(run(process.execPath, ["--check", file]), `example ${at}`)
  }
})

t.test("a program in strict TypeScript compiles against its types", async (t) => {
  const folder = join(consumer, "typed")
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true })
  symlinkSync(join(ROOT, "node_modules/@types/node"), join(folder, "node_modules/@types/node"))
  const code = `import { type Handlers, type Job, joinPool, type Leadership, PoolClient } from "service-pool-leader"
export const handlers: Handlers = {
  work: (job: Job) => job.json<{ to: string }>().to,
  leaderWork: (_job: Job, { term }: Leadership) => term,
}
const worker = await joinPool({ pool: "mail", ...handlers })
const client = await PoolClient.connect({ pool: "mail" })
const { text, term }: { text: string; term: number | undefined } = await client
  .work("x")
  .then((answer) => ({ text: answer.text(), term: answer.term }))
export const isLeader: boolean = worker.isLeader
console.log(text, term)
// @ts-expect-error: a lease is a number
await joinPool({ leaseMs: "2s" })
`
  writeFileSync(join(folder, "program.ts"), code)
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
  const options = {
    ...{ strict: true, module: "nodenext", target: "es2022", noEmit: true, types: ["node"] },
  }
  t.equal(await compiled(folder, "program.ts", options), "")
})

// The NATS client's own types can't be found in the oldest of these ways, so that they are not looked at.
t.test("its types are found in each way in which TypeScript looks for modules", async (t) => {
  const folder = join(consumer, "found")
  mkdirSync(folder)
  const code = `import { joinPool, PoolClient } from "service-pool-leader"
export async function program(): Promise<boolean> {
  const worker = await joinPool({ leaderWork: (job, { term }) => job.text() + term.toFixed() })
  const client = await PoolClient.connect({ pool: "mail" })
  const text: string = (await client.work("x")).text()
  // @ts-expect-error: a lease is a number
  await joinPool({ leaseMs: text })
  return worker.isLeader
}
`
  writeFileSync(join(folder, "program.ts"), code)
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
  const base = { strict: true, target: "es2022", noEmit: true, types: [], skipLibCheck: true }
  const ways = { node10: "esnext", node16: "node16", bundler: "esnext" }
  for (const [moduleResolution, module] of Object.entries(ways)) {
    const options = { ...base, module, moduleResolution }
    t.equal(await compiled(folder, "program.ts", options), "", moduleResolution)
  }
})

/** What the compiler has against `file` in `folder`. */
async function compiled(folder: string, file: string, compilerOptions: object): Promise<string> {
  const config = JSON.stringify({ compilerOptions, files: [file] })
  writeFileSync(join(folder, "tsconfig.json"), config)
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc")
  const ended = run(process.execPath, [tsc, "-p", folder]).catch((error) => error)
  return (await ended).stdout
}
