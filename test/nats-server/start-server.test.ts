import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"
import t, { type Test } from "tap"
import { serverInfoOf } from "../../src/nats/server-info.js"
import { findRunning, type StartOptions, startServer } from "../../src/nats-server/start-server.js"
import { built } from "../fixtures/built.js"
import { tempFolder } from "../fixtures/folder.js"
import { fakeProgram, isAlive } from "../fixtures/programs.js"
import { randomPort, serverProgram, testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

const { path: binary, version } = await serverProgram()

t.test("a started server is ready: it listens, and JetStream is on", async (t) => {
  const server = await started(t, { httpPort: -1 })
  t.match(server, { version, url: `nats://127.0.0.1:${server.port}` })
  t.ok(isAlive(server.pid))
  t.match(await serverInfoOf(server.port), { isJetStreamOn: true })
  const health = await fetch(`${server.monitoringUrl}/healthz?js-enabled-only=true`)
  t.strictSame(await health.json(), { status: "ok" })
})

t.test("a stopped server leaves no process, no port and no ports file", async (t) => {
  const server = await started(t)
  await server.stop()
  t.notOk(isAlive(server.pid))
  t.equal(await serverInfoOf(server.port), "nobody")
  await until("the ports folder is gone", () => {
    return readdirSync(dirname(server.logFile)).join() === "nats-server.log"
  })
  await server.stop()
  t.pass("stopping it again is harmless")
})

t.test("a server that somebody else ends is noticed", async (t) => {
  const server = await started(t)
  process.kill(server.pid, "SIGKILL")
  await server.ended
  t.notOk(isAlive(server.pid))
})

t.test("a server that ignores the kind signal is ended by force after the grace", async (t) => {
  const folder = tempFolder(t)
  const stubborn = fakeProgram(
    folder,
    "nats-server",
    `trap '' TERM
    while [ "$1" != --ports_file_dir ]; do shift; done
    echo '{"nats":["nats://127.0.0.1:1"]}' > "$2/a.ports"
    while :; do read -r line < /dev/zero; done`,
  )
  const server = await startServer({ binary: stubborn, cwd: folder })
  t.equal(server.version, "", "it did not greet")
  await server.stop(50)
  t.notOk(isAlive(server.pid))
})

t.test("a server that dies at start is an error with its own reason", async (t) => {
  const { port } = await testServer(t)
  const bad = join(tempFolder(t), "bad.conf")
  writeFileSync(bad, "jetstream {}\nwibble: 3\n")
  const cases: [string, Partial<StartOptions>, RegExp][] = [
    ["port in use", { port }, /: Error listening on port: .*address already in use"?; its log: \//],
    ["monitoring port in use", { httpPort: port }, /Can't start monitoring: .*already in use/],
    ["bad configuration", { configFile: bad }, /bad\.conf:2:\d+: unknown field "wibble"/],
    ["no configuration", { configFile: `${bad}x` }, /: open .*bad\.confx: no such file/],
    ["no place for its files", { storeDir: "/dev/null/x" }, /Can't start JetStream: /],
    ["no program", { binary: `${bad}x` }, /ENOENT/],
    ["no words", { binary: "/bin/false" }, /: it ended without a word; its log/],
  ]
  for (const [what, options, message] of cases) {
    const cwd = tempFolder(t)
    const storeDir = join(cwd, "store")
    const start = startServer({ binary, cwd, port: -1, storeDir, ...options })
    await t.rejects(start, { code: "server-failed", message }, what)
  }
})

t.test("the reason is of this start, not of one before", async (t) => {
  const cwd = tempFolder(t)
  const storeDir = "/dev/null/x"
  await t.rejects(startServer({ binary, cwd, port: -1, storeDir }), { message: /JetStream/ })
  await t.rejects(startServer({ binary: "/bin/false", cwd }), {
    message: /: it ended without a word; its log/,
  })
})

t.test("a server that is never ready is given up and ended", async (t) => {
  const cwd = tempFolder(t)
  const idle = fakeProgram(cwd, "nats-server", `echo $$ > ${cwd}/pid; exec sleep 60`)
  await t.rejects(startServer({ binary: idle, cwd, readyWithinMs: 2_000 }), {
    code: "server-failed",
    reason: "not ready within 2000 ms",
  })
  t.notOk(isAlive(Number(readFileSync(join(cwd, "pid"), "utf8"))))
})

t.test("a server ends when its starter is killed, after a grace, even frozen", async (t) => {
  const { starter, pid } = await orphan(t, 500)
  process.kill(pid, "SIGSTOP")
  const killedMs = performance.now()
  starter.kill("SIGKILL")
  await until("the server ends", () => !isAlive(pid))
  t.ok(performance.now() - killedMs > 500, "half a second later")
})

t.test("a server with JetStream that listens already is found", async (t) => {
  const { port, url } = await testServer(t)
  t.strictSame(await findRunning(port), { url, version })
})

t.test("where nobody listens, none is found", async (t) => {
  t.equal(await findRunning(randomPort()), undefined)
})

t.test("a server without JetStream is no use, and the error says what to do", async (t) => {
  const { port, url } = await testServer(t, { jetstream: false })
  await t.rejects(findRunning(port), {
    code: "no-jetstream",
    message: `JetStream is off at ${url}; start the server with --jetstream, or: nats-server -c nats-server.conf, or enable it for this account`,
  })
})

t.test("another program on the port is an error that names the port", async (t) => {
  const http = createServer((_, answer) => answer.end())
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done))
  t.teardown(() => http.close())
  const { port } = http.address() as AddressInfo
  await t.rejects(findRunning(port), {
    code: "port-taken",
    message: `port ${port} on 127.0.0.1 is taken by a program that does not greet like a NATS server; stop it, or choose another port with --port`,
  })
})

async function started(t: Test, options: Partial<StartOptions> = {}) {
  const cwd = tempFolder(t)
  const storeDir = join(cwd, "store")
  const server = await startServer({ binary, cwd, port: -1, storeDir, ...options })
  t.teardown(() => server.stop())
  t.ok(existsSync(join(cwd, ".pool/logs/nats-server.log")))
  return server
}

// A server that another process started.
async function orphan(t: Test, graceMs: number) {
  const cwd = tempFolder(t)
  const options = { binary, cwd, port: -1, storeDir: join(cwd, "store") }
  const script = `
    const { startServer } = await import(${JSON.stringify(built("nats-server/start-server.js"))})
    const options = ${JSON.stringify({ ...options, orphanGraceMs: graceMs })}
    console.log((await startServer(options)).pid)`
  const starter: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  t.teardown(() => starter.kill("SIGKILL"))
  const [said] = await once(starter.stdout as NonNullable<ChildProcess["stdout"]>, "data")
  return { starter, pid: Number(String(said)) }
}
