import { execFileSync } from "node:child_process"
import { chmodSync, writeFileSync } from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import os from "node:os"
import { join } from "node:path"
import t, { type Test } from "tap"
import { authenticatorOf } from "../../src/nats-context/credentials.js"
import { homeOf } from "../../src/nats-context/home.js"
import {
  type ConnectionOptions,
  connectionSettingsOf,
  type Environment,
} from "../../src/nats-context/nats-context.js"
import { tlsOf } from "../../src/nats-context/tls-settings.js"
import { built } from "../fixtures/built.js"
import { startNode } from "../fixtures/cli.js"
import { tempFolder } from "../fixtures/folder.js"
import { testServer } from "../fixtures/server.js"

/** What Node says to a user that no list of users knows. */
const UNKNOWN_USER = "A system error occurred: uv_os_homedir returned ENOENT (no such file)"
/** A user that no list of users knows. */
const NOBODYS_UID = 54_321
/** The same for a process of a user that is known. */
const PRELOAD = `import os from "node:os"; import { syncBuiltinESMExports } from "node:module"
os.homedir = os.userInfo = () => { throw new Error("${UNKNOWN_USER}") }; syncBuiltinESMExports()`

/** From now on, until the test ends, this user has no home folder. */
function withoutHome(t: Test): void {
  const { homedir } = os
  os.homedir = () => {
    throw new Error(UNKNOWN_USER)
  }
  syncBuiltinESMExports()
  t.teardown(() => {
    os.homedir = homedir
    syncBuiltinESMExports()
  })
}

/** What comes of connecting so, up to where the server is asked. */
function tried(options: ConnectionOptions, env: Environment = {}): void {
  const settings = connectionSettingsOf(options, env)
  authenticatorOf(settings, [], env)
  tlsOf(settings, [], env)
}

t.test("who has no home folder has selected no context", async (t) => {
  withoutHome(t)
  t.equal(homeOf({}), undefined)
  t.strictSame(connectionSettingsOf({ servers: "a:1" }, {}), { url: "a:1", tlsFirst: false })
  const file = join(tempFolder(t), "mine.json")
  writeFileSync(file, JSON.stringify({ url: "nats://mine:4222" }))
  t.match(
    connectionSettingsOf({ context: file }, {}),
    { url: "nats://mine:4222" },
    "a path needs no home",
  )
  t.equal(homeOf({ HOME: "/home/a" }), "/home/a", "HOME is believed")
})

t.test("an empty HOME is no folder, and not the one that we stand in", async (t) => {
  const { homedir } = os
  os.homedir = () => ""
  syncBuiltinESMExports()
  t.teardown(() => {
    os.homedir = homedir
    syncBuiltinESMExports()
  })
  t.equal(homeOf({ HOME: "" }), undefined)
})

t.test("what can't be found without a home folder is named, and what to do", async (t) => {
  withoutHome(t)
  const context = { name: "BadInput", message: /^context: expected HOME or XDG_.*, got "prod"$/ }
  t.throws(() => tried({ context: "prod" }), context)
  t.throws(() => tried({}, { NATS_CONTEXT: "prod" }), context)
  const got = (path: string) => `got "${path}: this user has no home folder; set HOME, or write`
  for (const [option, path] of [
    ["creds", "~/a.creds"],
    ["nkey", "~/a.nk"],
    ["ca", "~/ca.pem"],
    ["token", "file://~/token"],
  ] as const) {
    t.throws(() => tried({ [option]: path }), { name: "BadInput", what: option })
    t.throws(() => tried({ [option]: path }), new RegExp(got(path)), option)
  }
  t.throws(() => tried({ cert: "~/c.pem", key: "/key.pem" }), new RegExp(got("~/c.pem")))
})

t.test("a selected context that may not be read is an error in one line", async (t) => {
  const folder = tempFolder(t)
  const env = { XDG_CONFIG_HOME: folder }
  execFileSync("mkdir", ["-p", join(folder, "nats/context.txt")])
  const message = /context\.txt: expected the name of the selected context, got "EISDIR/
  t.throws(() => connectionSettingsOf({}, env), { name: "BadInput", message })
})

t.test("commands and workers run under any user id, without HOME", async (t) => {
  const server = await testServer(t)
  const folder = tempFolder(t)
  chmodSync(folder, 0o777)
  // The last is where the test runner lets its own notes be written.
  const env = { HOME: undefined, XDG_CONFIG_HOME: undefined, _TAPJS_PROCESSINFO_CWD_: folder }
  const uid = canBeNobody() ? NOBODYS_UID : undefined
  const node = uid ? [] : [`--import=data:text/javascript,${encodeURIComponent(PRELOAD)}`]
  const pool = (...args: string[]) =>
    startNode(t, [...node, built("cli.js"), ...args, "--servers", server.url], { env, folder, uid })
  const worker = pool("worker", "--name", "a")
  await worker.says(/"msg":"leads"/)
  t.match(await pool("members", "--json").ended(), { code: 0, out: /"name":"a"/, err: "" })
  t.match(await pool("work", "hello").ended(), { code: 0, err: "" })
  const named = await pool("members", "--context", "prod").ended()
  t.match(named, { code: 2, err: /^pool: context: expected HOME or XDG_CONFIG_HOME.*\n$/ })
  worker.child.kill("SIGTERM")
  t.match(await worker.ended(), { code: 0, err: "" })
})

/** Whether we may become another user, who can read what is built. */
function canBeNobody(): boolean {
  if (process.getuid?.() !== 0) return false
  try {
    execFileSync(process.execPath, [built("cli.js"), "--version"], { uid: NOBODYS_UID })
    return true
  } catch {
    return false
  }
}
