import { symlinkSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { isAtLeast, OLDEST_SERVER } from "../../src/nats/server-version.js"
import { findServer, versionOf } from "../../src/nats-server/find-server.js"
import { tempFolder } from "../fixtures/folder.js"
import { fakeProgram, fakeServer } from "../fixtures/programs.js"
import { serverProgram } from "../fixtures/server.js"

const nowhere = { alsoIn: [] }

t.test("the one that NATS_SERVER names comes first", async (t) => {
  const named = fakeProgram(tempFolder(t), "my-server", "echo nats-server: v2.11.0")
  const onPath = tempFolder(t)
  fakeServer(onPath, "2.12.0")
  const env = { NATS_SERVER: named, PATH: onPath }
  t.strictSame(await findServer({ env, into: onPath }), { path: named, version: "2.11.0" })
})

t.test("then PATH, then the sbin folders, then what was fetched before", async (t) => {
  const home = tempFolder(t)
  const [empty, path, sbin, into] = ["empty", "path", "sbin", "into"].map((it) => join(home, it))
  const find = () =>
    findServer({ env: { PATH: `${empty}:${path}` }, into, alsoIn: [sbin as string] })
  t.equal(await find(), undefined)
  for (const folder of [into, sbin, path] as string[]) {
    const own = fakeServer(folder, "2.10.1")
    t.strictSame(await find(), { path: own, version: "2.10.1" })
  }
})

t.test("one that is too old or does not run is passed over, and the report says why", async (t) => {
  const home = tempFolder(t)
  const [old, broken, good] = ["old", "broken", "good"].map((it) => join(home, it)) as [
    string,
    string,
    string,
  ]
  fakeServer(old, "2.8.4")
  fakeProgram(broken, "nats-server", "exit 3")
  const path = fakeServer(good, "2.9.0")
  const lines: string[] = []
  const report = (line: string) => void lines.push(line)
  const found = await findServer({ env: { PATH: `${old}:${broken}:${good}` }, report, ...nowhere })
  t.strictSame(found, { path, version: "2.9.0" })
  t.strictSame(lines, [
    `passed over ${old}/nats-server: version 2.8.4 is too old`,
    `passed over ${broken}/nats-server: it does not run`,
    `found ${path}, version 2.9.0`,
  ])
})

t.test("a folder of that name, or a file that is not executable, is no program", async (t) => {
  const folder = t.testdir({ a: { "nats-server": {} }, b: { "nats-server": "text" } })
  symlinkSync("nowhere", join(folder, "nats-server"))
  const env = { PATH: `${folder}/a:${folder}/b:${folder}` }
  const lines: string[] = []
  const report = (line: string) => void lines.push(line)
  t.equal(await findServer({ env, into: folder, report, ...nowhere }), undefined)
  t.strictSame(lines, [], "not even a broken one")
})

t.test("one that is named and cannot be used is an error, not replaced by another", async (t) => {
  const onPath = tempFolder(t)
  fakeServer(onPath, "2.12.0")
  const old = fakeProgram(onPath, "old", "echo nats-server: v2.8.4")
  const other = fakeProgram(onPath, "other", "echo hello")
  for (const NATS_SERVER of [join(onPath, "missing"), onPath, other]) {
    const found = findServer({ env: { PATH: onPath, NATS_SERVER } })
    await t.rejects(found, {
      code: "bad-input",
      message: `NATS_SERVER: expected the path of a nats-server program, got "${NATS_SERVER}"`,
    })
  }
  await t.rejects(findServer({ env: { PATH: onPath, NATS_SERVER: old } }), {
    code: "server-too-old",
    message: "a pool needs nats-server 2.9 or later, this one is 2.8.4; upgrade it",
  })
})

t.test("versions are compared by their numbers", async (t) => {
  t.equal(OLDEST_SERVER, "2.9")
  for (const version of ["2.9.0", "2.9.10", "2.10.0-RC.1", "2.12.15", "3.0.0"]) {
    t.ok(isAtLeast(version, OLDEST_SERVER), version)
  }
  for (const version of ["2.8.99", "1.10.0", "0.9"]) t.notOk(isAtLeast(version, "2.9"), version)
  t.ok(isAtLeast("2.9", "2.9.0"))
  t.notOk(isAtLeast("2.9.1", "2.9.2"))
})

t.test("a real nats-server tells its version", async (t) => {
  t.match(await versionOf((await serverProgram()).path), /^\d+\.\d+\.\d+/)
})
