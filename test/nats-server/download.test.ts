import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import t, { type Test } from "tap"
import { download, textAt } from "../../src/nats-server/download.js"
import { tempFolder } from "../fixtures/folder.js"

t.test("what is at the address ends up in the file, and its SHA-256 comes back", async (t) => {
  const body = Buffer.alloc(300_000, "nats")
  const url = await serve(t, (_, answer) => answer.end(body))
  const file = join(tempFolder(t), "it")
  const sum = await download(url, file, {})
  t.equal(sum, createHash("sha256").update(body).digest("hex"))
  t.ok(readFileSync(file).equals(body))
})

t.test("an answer that is not 200 is an error with its address and status", async (t) => {
  const url = await serve(t, (_, answer) => answer.writeHead(404).end("no such release"))
  const file = join(tempFolder(t), "it")
  await t.rejects(download(url, file, {}), { message: `${url}: the server answered 404` })
  t.notOk(existsSync(file))
})

t.test("nobody at the address is an error that says why, not only that", async (t) => {
  const url = `http://127.0.0.1:${await unusedPort()}/file`
  await t.rejects(textAt(url, {}), { message: /ECONNREFUSED/ })
})

t.test("a body that is cut off is an error", async (t) => {
  const url = await serve(t, (_, answer) => {
    answer.writeHead(200, { "content-length": "1000" })
    answer.write("only the beginning", () => answer.destroy())
  })
  await t.rejects(download(url, join(tempFolder(t), "it"), {}), {
    message: new RegExp(`^${url}: .`),
  })
})

t.test("a server that goes silent is given up", async (t) => {
  const url = await serve(t, (_, answer) => void answer.write("and then nothing more"))
  await t.rejects(download(url, join(tempFolder(t), "it"), { stallMs: 100 }), {
    message: `${url}: nothing arrived for 100 ms`,
  })
})

t.test("a server that never answers is given up", async (t) => {
  const url = await serve(t, () => {})
  await t.rejects(textAt(url, { stallMs: 100 }), { message: /nothing arrived for 100 ms/ })
})

t.test("an interrupted download ends at once", async (t) => {
  const interrupted = new AbortController()
  const url = await serve(t, (_, answer) => {
    answer.write("a part")
    interrupted.abort()
  })
  const { signal } = interrupted
  await t.rejects(download(url, join(tempFolder(t), "it"), { signal }), { message: /interrupted/ })
  await t.rejects(textAt(url, { signal }), { message: /interrupted/ }, "nor does another one begin")
})

t.test("a long download tells how far it is", async (t) => {
  let more = () => {}
  const url = await serve(t, (_, answer) => {
    answer.writeHead(200, { "content-length": "3000000" })
    answer.write(Buffer.alloc(1_500_000))
    more = () => answer.end(Buffer.alloc(1_500_000))
  })
  const lines: string[] = []
  // every line is due at once
  const options = { report: (line: string) => lines.push(line) && more(), reportEveryMs: 0 }
  await download(url, join(tempFolder(t), "it"), options)
  t.match(lines[0], /^\d\.\d of 3\.0 MB$/)
  t.equal(lines.at(-1), "3.0 of 3.0 MB")
})

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`
}

async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
