import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import t, { type Test } from "tap"
import { serverInfoOf } from "../../src/nats/server-info.js"
import { built } from "../fixtures/built.js"
import { tempFolder } from "../fixtures/folder.js"
import { fakeProgram, isAlive } from "../fixtures/programs.js"
import { randomPort, serverProgram, testServer } from "../fixtures/server.js"

const { path: binary, version } = await serverProgram()

t.test("--fetch-only prints the bare path of the program that is there", async (t) => {
  const ran = await pool(t, ["server", "--fetch-only"], { NATS_SERVER: binary })
  t.strictSame(await ran.ended(), { code: 0, out: `${binary}\n`, err: "" })
  t.strictSame(readdirSync(ran.folder), [], "nothing was written")
})

t.test("--by and --into fetch one although another is there, and tell how", async (t) => {
  const bin = tempFolder(t)
  fakeProgram(bin, "go", `printf '#!/bin/sh\\necho nats-server: v2.11.0' > "$GOBIN/nats-server"`)
  const env = { NATS_SERVER: binary, PATH: `${bin}:${process.env.PATH}` }
  const args = ["server", "--fetch-only", "--by", "go", "--into", "here", "--json"]
  const ran = await pool(t, args, env)
  const { code, out, err } = await ran.ended()
  t.equal(code, 0)
  t.strictSame(JSON.parse(out), { path: join(ran.folder, "here/nats-server"), version: "2.11.0" })
  t.match(err, /^go: compiling.*\ngo: fetched nats-server 2\.11\.0 into .*\n$/)
})

t.test("it runs a server until Ctrl-C, and leaves no process and no port", async (t) => {
  const port = randomPort()
  const ran = await pool(t, ["server", "--port", String(port), "--json"], { NATS_SERVER: binary })
  const { pid, ...said } = JSON.parse(await ran.firstLine())
  const logFile = join(ran.folder, ".pool/logs/nats-server.log")
  t.match(said, { version, url: `nats://127.0.0.1:${port}`, logFile })
  t.ok(isAlive(pid))
  t.ok(existsSync(join(ran.folder, ".pool/jetstream")))
  ran.child.kill("SIGINT")
  t.match(await ran.ended(), { code: 0 })
  t.notOk(isAlive(pid))
  t.equal(await serverInfoOf(port), "nobody")
})

t.test("a server that runs already is named, and left alone", async (t) => {
  const theirs = await testServer(t)
  const ran = await pool(t, ["server", "--port", String(theirs.port)], { NATS_SERVER: binary })
  t.match(await ran.ended(), {
    code: 0,
    out: `nats-server ${version} runs at ${theirs.url} already; nothing to start\n`,
  })
  t.ok(isAlive(theirs.pid))
})

t.test("a server that dies under it is an error", async (t) => {
  const port = randomPort()
  const ran = await pool(t, ["server", "--port", String(port), "--json"], { NATS_SERVER: binary })
  process.kill(JSON.parse(await ran.firstLine()).pid, "SIGKILL")
  t.match(await ran.ended(), { code: 1, err: /nats-server ended; its log: .*nats-server\.log\n$/ })
})

t.test("flags that make no sense are refused with what was expected", async (t) => {
  for (const [flags, message] of [
    [["--port", "70000"], '--port: expected a number from 1 to 65535, got "70000"'],
    [["--port", "x"], '--port: expected a number from 1 to 65535, got "x"'],
    [["--by", "wget"], '--by: expected some of release, debian, go, debian:<suite>, got "wget"'],
  ] as const) {
    const ran = await pool(t, ["server", ...flags])
    const { code, err } = await ran.ended()
    t.equal(code, 2)
    t.match(err, message)
  }
})

// The command line in a process of its own, in an empty folder.
async function pool(t: Test, args: string[], env: Record<string, string> = {}) {
  const folder = tempFolder(t)
  const { NATS_SERVER: _, ...rest } = process.env
  const child: ChildProcess = spawn(process.execPath, [built("cli.js"), ...args], {
    cwd: folder,
    env: { ...rest, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  t.teardown(() => child.kill("SIGKILL"))
  const text = { out: "", err: "" }
  child.stdout?.on("data", (chunk) => {
    text.out += chunk
  })
  child.stderr?.on("data", (chunk) => {
    text.err += chunk
  })
  const closed = once(child, "close")
  return {
    child,
    folder,
    async firstLine() {
      while (!text.out.includes("\n")) {
        await Promise.race([
          once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data"),
          closed,
        ])
        if (child.exitCode !== null) throw new Error(`it ended: ${text.err}`)
      }
      return text.out.slice(0, text.out.indexOf("\n"))
    },
    async ended() {
      const [code] = await closed
      return { code, ...text }
    },
  }
}
