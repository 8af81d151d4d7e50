import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { hostname } from "node:os"
import { join } from "node:path"
import t, { type Test } from "tap"
import { runPool, startPool } from "../fixtures/cli.js"
import { tempFolder } from "../fixtures/folder.js"
import { memberReader } from "../fixtures/requester.js"
import { type TestServer, testServer } from "../fixtures/server.js"
import { until, untilNoEcho } from "../fixtures/until.js"

/** A worker whose module is `code`, in a process group of its own; ready and leading. */
async function startWorker(t: Test, server: TestServer, code?: string, ...flags: string[]) {
  const folder = tempFolder(t)
  if (code !== undefined) writeFileSync(join(folder, "mine.mjs"), code)
  const handler = code === undefined ? [] : ["--handler", "mine.mjs"]
  const args = ["worker", "--servers", server.url, ...handler, ...flags]
  const worker = startPool(t, args, { folder, ownGroup: true })
  await worker.says(/"msg":"leads"/)
  return worker
}

/** What `pool work` says of an answer, without the time it took. */
async function asked(t: Test, server: TestServer, ...args: string[]) {
  const asking = ["work", "--timeout", "20s", "--servers", server.url]
  const { code, out, err } = await runPool(t, [...asking, ...args])
  return `${code} ${(out + err).trim()}`.replace(/ in [\d.]+ ms:/, ":")
}

t.test(
  "Ctrl-C stops it kindly: work in flight is finished, and nothing of it is left",
  async (t) => {
    const server = await testServer(t)
    const code = `export const work = () => new Promise((resolve) =>
    process.once("SIGUSR2", () => resolve("finished")))`
    const worker = await startWorker(t, server, code)
    const { pid } = JSON.parse((await worker.says(/\{.*"msg":"leads".*\}/))[0])
    const asking = startPool(t, ["work", "--timeout", "20s", "--servers", server.url])
    const members = await memberReader(t, server.url)
    await until("it is busy", async () => (await members())[0]?.counters.busy === 1)
    process.kill(-worker.pid, "SIGINT")
    await until("it drains", async () => (await members())[0]?.state === "draining")
    process.kill(pid, "SIGUSR2")
    t.match(await asking.ended(), { code: 0, out: / answered in [\d.]+ ms: finished\n$/ })
    t.match(await worker.ended(), { code: 0, err: "" })
    t.strictSame(await members(), [], "no entry is left")
  },
)

t.test("a second Ctrl-C stops it at once, and its entry goes too", async (t) => {
  const server = await testServer(t)
  const worker = await startWorker(t, server, "export const work = () => new Promise(() => {})")
  const asking = startPool(t, ["work", "--timeout", "60s", "--servers", server.url])
  const members = await memberReader(t, server.url)
  await until("it is busy", async () => (await members())[0]?.counters.busy === 1)
  process.kill(-worker.pid, "SIGINT")
  await until("it drains", async () => (await members())[0]?.state === "draining")
  await untilNoEcho()
  process.kill(-worker.pid, "SIGINT")
  t.match(await worker.ended(), { code: 1, err: /^pool: worker \S+ killed by SIGKILL\n$/ })
  t.strictSame(await members(), [])
  asking.child.kill("SIGKILL")
})

t.test("without a name it is called by host and pid", async (t) => {
  const server = await testServer(t)
  const worker = await startWorker(t, server)
  const said = JSON.parse((await worker.says(/\{.*"msg":"joined".*\}/))[0])
  t.equal(said.worker, `${hostname().replace(/[^A-Za-z0-9_-]/g, "-")}-${worker.pid}`.slice(-64))
  worker.child.kill("SIGTERM")
  t.match(await worker.ended(), { code: 0, err: "" })
})

t.test("a handler that can't be used is refused before anything joins", async (t) => {
  const server = await testServer(t)
  const folder = tempFolder(t)
  writeFileSync(join(folder, "nothing.mjs"), "export const other = 1")
  writeFileSync(join(folder, "throws.mjs"), `throw new Error("no\\ndisk")`)
  writeFileSync(join(folder, "syntax.mjs"), "\nexport const work = (")
  const must = "; it must export at least one function named work, leaderWork or lead\n"
  for (const [file, problem] of [
    ["missing.mjs", "no such file"],
    [".", "not a file"],
    ["nothing.mjs", "it exports only other"],
    ["throws.mjs", "it can't be loaded: no disk"],
    ["syntax.mjs", "it can't be loaded: line 2: Unexpected end of input"],
  ] as const) {
    const args = ["worker", "--servers", server.url, "--log-level", "silent", "--handler", file]
    const ended = await runPool(t, args, { folder })
    t.strictSame(ended, { code: 2, out: "", err: `pool: handler ${file}: ${problem}${must}` })
  }
  const members = await memberReader(t, server.url)
  t.strictSame(await members(), [])
})

t.test(
  "what a handler throws, or returns and JSON can't hold, is an answer that says so",
  async (t) => {
    const server = await testServer(t)
    const worker = await startWorker(
      t,
      server,
      `const loop = {}; loop.loop = loop
    const answers = { bigint: () => 1n, loop: () => loop, function: () => () => {}, nothing: () => {},
      bytes: () => new Uint8Array([104, 105]), throws: () => { throw new Error("no\\ndisk") },
      status: () => { throw Object.assign(new Error("gone"), { status: 410 }) },
      never: () => new Promise(() => {}) }
    export const work = (job) => answers[job.text()]()`,
      ...["--name", "a", "--handler-timeout", "1s"],
    )
    const told = []
    const cases = ["bigint", "loop", "function", "nothing", "bytes", "throws", "status", "never"]
    for (const one of cases) told.push(await asked(t, server, one))
    const cant = "1 pool: a answered 500: what the handler returned is nothing that JSON can hold:"
    t.strictSame(told, [
      `${cant} answer is a BigInt`,
      `${cant} answer.loop leads back to what it is in, a circle`,
      `${cant} answer is a function`,
      "0 a answered:",
      "0 a answered: hi",
      "1 pool: a answered 500: no disk",
      "1 pool: a answered 410: gone",
      "1 pool: a answered 504: no result within 1000 ms: the request may or may not have been done",
    ])
    worker.child.kill("SIGTERM")
    t.equal((await worker.ended()).code, 0, "and it works on until it is stopped")
  },
)

t.test("a module that leaves a timer running does not keep its worker from ending", async (t) => {
  const server = await testServer(t)
  const code = "setInterval(() => {}, 1000); export const work = () => 1"
  const worker = await startWorker(t, server, code)
  worker.child.kill("SIGTERM")
  t.match(await worker.ended(), { code: 0, err: "" })
})

t.test("a worker whose process dies ends with exit code 1, and says how", async (t) => {
  const server = await testServer(t)
  const worker = await startWorker(t, server, undefined, "--name", "a")
  const { pid } = JSON.parse((await worker.says(/\{.*"msg":"leads".*\}/))[0])
  process.kill(pid, "SIGKILL")
  t.match(await worker.ended(), { code: 1, err: "pool: worker a killed by SIGKILL\n" })
})

t.test("Ctrl-C while it waits for its server ends it at once", async (t) => {
  const silent = createServer().listen(0, "127.0.0.1")
  await once(silent, "listening")
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const args = ["worker", "--servers", `127.0.0.1:${port}`]
  const worker = startPool(t, args, { ownGroup: true })
  await once(silent, "connection")
  process.kill(-worker.pid, "SIGINT")
  t.strictSame(await worker.ended(), { code: 0, out: "", err: "" })
})
