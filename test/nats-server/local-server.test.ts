import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { DEFAULT_PORT } from "../../src/nats-server/default-port.js"
import { localServer, PACKAGED_CONFIG } from "../../src/nats-server/local-server.js"
import { tempFolder } from "../fixtures/folder.js"
import { fakeServer, isAlive } from "../fixtures/programs.js"
import { randomPort, serverProgram, testServer } from "../fixtures/server.js"

const { path: binary, version } = await serverProgram()
const env = { NATS_SERVER: binary }

t.test("a server is started where none listens, with all its files in one folder", async (t) => {
  const folder = tempFolder(t)
  const port = randomPort()
  const { url, started } = await localServer({ env, port, folder })
  t.teardown(() => started?.stop())
  t.equal(url, `nats://127.0.0.1:${port}`)
  t.ok(existsSync(join(folder, ".pool/jetstream/jetstream")), "not beside the configuration")
  t.ok(existsSync(join(folder, ".pool/logs/nats-server.log")))
  const { host, jetstream } = await monitored(`${started?.monitoringUrl}/varz`)
  t.equal(host, "127.0.0.1", "nobody off this machine can connect")
  t.equal(jetstream.config.max_storage, 2 ** 30, "the packaged configuration was read")

  const again = await localServer({ env, port, folder })
  t.strictSame(again, { url, version }, "the second time it is found, and is not ours to stop")
  await started?.stop()
  t.notOk(started && isAlive(started.pid))
})

t.test("a server that is somebody else's is used as it is", async (t) => {
  const theirs = await testServer(t)
  const found = await localServer({ env: {}, port: theirs.port, folder: tempFolder(t) })
  t.strictSame(found, { url: theirs.url, version })
})

t.test("a server without JetStream is left alone, and nothing is started", async (t) => {
  const theirs = await testServer(t, { jetstream: false })
  const folder = tempFolder(t)
  await t.rejects(localServer({ env, port: theirs.port, folder }), { code: "no-jetstream" })
  t.notOk(existsSync(join(folder, ".pool")))
  t.ok(isAlive(theirs.pid))
})

t.test("a program fetched before into the folder is used", async (t) => {
  const folder = tempFolder(t)
  const fetched = fakeServer(join(folder, ".pool/bin"), "2.9.0")
  const lines: string[] = []
  const report = (line: string) => void lines.push(line)
  const start = localServer({ env: {}, port: randomPort(), folder, alsoIn: [], report })
  await t.rejects(start, { code: "server-failed" }, "that one only tells its version")
  t.strictSame(lines, [`found ${fetched}, version 2.9.0`])
})

t.test("the packaged configuration", async (t) => {
  t.test("listens where the default port is", async (t) => {
    t.match(readFileSync(PACKAGED_CONFIG, "utf8"), `\nlisten: 127.0.0.1:${DEFAULT_PORT}\n`)
  })

  t.test("is accepted by this server", async (t) => {
    t.match(verdictOn(PACKAGED_CONFIG), /is valid/)
  })

  t.test("explains each line that is not explained by the one above", async (t) => {
    const [settings] = readFileSync(PACKAGED_CONFIG, "utf8").split("# For production.")
    const lines = (settings as string).split("\n").map((line) => line.trim())
    const unexplained = lines.filter((line, i) => {
      const isSetting = /^[a-z_]+( \{|:)/.test(line)
      return isSetting && !lines[i - 1]?.startsWith("#") && !lines[i - 1]?.includes(":")
    })
    t.strictSame(unexplained, [])
  })

  t.test("gives hints for production that work once switched on", async (t) => {
    const folder = tempFolder(t)
    const text = readFileSync(PACKAGED_CONFIG, "utf8")
    const [settings, hints] = text.split("# For production.") as [string, string]
    // A hint is a setting, a bracket or a user in a comment; certificates would have to exist.
    const on = hints
      .replace(/^# tls \{[\s\S]*?^# \}/m, "")
      .replace(/^# (?=[a-z_]+( \{|: )|[\]}]| {2,}[a-z[{\]])/gm, "")
    for (const setting of ["server_name", "authorization", "cluster", "max_payload"]) {
      t.match(on, new RegExp(`^${setting}`, "m"), setting)
    }
    const file = join(folder, "production.conf")
    writeFileSync(file, `${settings}# ${on.replace(/^ *sync_interval.*$/m, "")}`)
    t.match(verdictOn(file), /is valid/)
  })
})

function verdictOn(configFile: string): string {
  return spawnSync(binary, ["-t", "-c", configFile]).stderr.toString()
}

// biome-ignore lint/suspicious/noExplicitAny: as the server tells it
async function monitored(url: string): Promise<any> {
  return (await fetch(url, { headers: { connection: "close" } })).json()
}
