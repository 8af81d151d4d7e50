import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import t from "tap"
import { connectToNats } from "../../src/nats/connection.js"
import {
  type ConnectionOptions,
  connectionSettingsOf,
} from "../../src/nats-context/nats-context.js"
import { tempFolder } from "../fixtures/folder.js"
import { natsCli, withoutCli } from "../fixtures/nats-cli.js"
import { testServer } from "../fixtures/server.js"

/** A folder as XDG_CONFIG_HOME, with these files below `nats`. */
function configured(t: Parameters<typeof tempFolder>[0], files: Record<string, unknown>): string {
  const folder = tempFolder(t)
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, "nats", name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
  }
  return folder
}

const one = { url: "nats://one:4222", user: "u1", password: "p1", inbox_prefix: "_I" }
const two = { url: "nats://two:4222,nats://zwei:4222", creds: "/two.creds", tls_first: true }

t.test("without options, environment and context it is the server on this machine", async (t) => {
  const env = { XDG_CONFIG_HOME: configured(t, {}) }
  t.strictSame(connectionSettingsOf({}, env), { url: "nats://127.0.0.1:4222", tlsFirst: false })
})

t.test(
  "options go before the environment, and that before the context, each for itself",
  async (t) => {
    const env = {
      XDG_CONFIG_HOME: configured(t, { "context/one.json": one, "context.txt": "one\n" }),
      NATS_URL: "nats://env:4222",
      NATS_PASSWORD: "from env",
    }
    t.strictSame(connectionSettingsOf({ servers: ["nats://a:1", "nats://b:2"] }, env), {
      url: "nats://a:1,nats://b:2",
      user: "u1",
      password: "from env",
      inboxPrefix: "_I",
      tlsFirst: false,
    })
    t.match(connectionSettingsOf({ password: "option" }, env), {
      url: "nats://env:4222",
      password: "option",
    })
  },
)

t.test("each field has its option, its variable and its place in a context", async (t) => {
  const fields = ["user", "password", "token", "creds", "nkey", "ca", "cert", "key"] as const
  for (const field of fields) {
    const folder = configured(t, { "context/x.json": { [field]: "context" } })
    const env: Record<string, string> = { XDG_CONFIG_HOME: folder, NATS_CONTEXT: "x" }
    t.equal(connectionSettingsOf({}, env)[field], "context")
    env[`NATS_${field.toUpperCase()}`] = "variable"
    t.equal(connectionSettingsOf({}, env)[field], "variable")
    t.equal(connectionSettingsOf({ [field]: "option" }, env)[field], "option")
    t.equal(connectionSettingsOf({ [field]: "" }, env)[field], "variable", "an empty one is none")
  }
})

t.test(
  "a context is the one of the option, else of NATS_CONTEXT, else the selected one",
  async (t) => {
    const home = configured(t, {})
    const folder = configured(t, {
      "context/one.json": one,
      "context/two.json": two,
      "context/three.json": { url: "nats://three:4222" },
      "context.txt": "three",
    })
    const env = { HOME: home, XDG_CONFIG_HOME: folder }
    t.match(connectionSettingsOf({}, env), { url: "nats://three:4222" })
    t.match(connectionSettingsOf({}, { ...env, NATS_CONTEXT: "two" }), {
      url: two.url,
      tlsFirst: true,
    })
    t.match(connectionSettingsOf({ context: "one" }, { ...env, NATS_CONTEXT: "two" }), {
      url: one.url,
    })
    t.match(connectionSettingsOf({ context: join(folder, "nats/context/one.json") }, env), {
      user: "u1",
    })
  },
)

t.test("without XDG_CONFIG_HOME contexts are in ~/.config", async (t) => {
  const home = configured(t, {})
  const file = join(home, ".config/nats/context/one.json")
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(one))
  t.match(connectionSettingsOf({ context: "one" }, { HOME: home }), { url: one.url })
})

t.test("a context that is named or selected and can't be used is an error", async (t) => {
  const files = {
    "context/bad.json": "{",
    "context/list.json": "[]",
    "context/nsc.json": { nsc: "x" },
  }
  const env = { XDG_CONFIG_HOME: configured(t, files) }
  const unknown = /^context: expected a name that `nats context ls` lists, got "/
  const cases: [string, RegExp][] = [
    ["none", unknown],
    ["../context/bad", unknown],
    ["/nowhere.json", unknown],
    ["bad", /^context file .*bad\.json: expected a JSON object, got "/],
    ["list", /^context file .*list\.json: expected a JSON object, got "not a JSON object"/],
    ["nsc", /^context nsc: expected creds, .*, got "an nsc lookup"/],
  ]
  for (const [context, message] of cases) {
    t.throws(() => connectionSettingsOf({ context }, env), { name: "BadInput", message })
  }
  const gone = configured(t, { "context.txt": "gone" })
  t.throws(() => connectionSettingsOf({ servers: "a" }, { XDG_CONFIG_HOME: gone }), {
    message: unknown,
  })
})

const cli = natsCli()

t.test("the nats command line goes by the same", { skip: withoutCli(cli) }, async (t) => {
  const server = await testServer(t, {
    config: `authorization { users: [ { user: a, password: pa }, { user: tok, password: x } ] }`,
  })
  const { url } = server
  const withToken = await testServer(t, { config: `authorization { token: "s3cret" }` })
  const inUrl = (userInfo: string) => url.replace("//", `//${userInfo}@`)
  const folder = configured(t, {
    "context/good.json": { url, user: "a", password: "pa" },
    "context/bad.json": { url, user: "a", password: "wrong" },
    "context/elsewhere.json": { url: "nats://127.0.0.1:1", user: "a", password: "pa" },
    "context/both.json": { url, user: "a", password: "pa", token: "s3cret" },
    "context/token.json": { url: withToken.url, token: "s3cret" },
  })
  const selecting = (name: string) =>
    configured(t, { "context.txt": name, "context/good.json": { url, user: "a", password: "pa" } })
  const cases: [string[], Record<string, string>][] = [
    [["--server", url], {}],
    [["--server", url, "--user", "a", "--password", "pa"], {}],
    [["--server", url, "--user", "a", "--password", "wrong"], {}],
    [["--server", url], { NATS_USER: "a", NATS_PASSWORD: "pa" }],
    [["--server", url, "--password", "wrong"], { NATS_USER: "a", NATS_PASSWORD: "pa" }],
    [["--server", inUrl("a:pa")], {}],
    [["--server", inUrl("a:pa"), "--user", "b", "--password", "c"], {}],
    [[], { NATS_URL: inUrl("a:pa") }],
    [["--context", "good"], {}],
    [["--context", "bad"], {}],
    [["--context", "bad"], { NATS_PASSWORD: "pa" }],
    [["--context", "elsewhere"], {}],
    [["--context", "elsewhere", "--server", url], {}],
    [["--context", "elsewhere"], { NATS_URL: url }],
    [["--context", "both"], {}],
    [["--context", "none"], {}],
    [["--context", "good"], { NATS_CONTEXT: "bad" }],
    [[], { NATS_CONTEXT: "good" }],
    [["--context", "token"], {}],
    [["--server", withToken.url, "--user", "s3cret"], {}],
    [["--server", withToken.url, "--token", "s3cret", "--user", "a", "--password", "b"], {}],
    [["--server", withToken.url, "--context", "good"], {}],
    [[], { XDG_CONFIG_HOME: selecting("good") }],
    [["--server", url], { XDG_CONFIG_HOME: selecting("good") }],
    [["--server", url], { XDG_CONFIG_HOME: selecting("gone") }],
  ]
  for (const [flags, extra] of cases) {
    const env = { HOME: "/nowhere", XDG_CONFIG_HOME: folder, ...extra }
    const theirs = spawnSync(cli as string, ["pub", "x", "y", ...flags], { env, encoding: "utf8" })
    const options: Record<string, string> = {}
    for (let i = 0; i < flags.length; i += 2) {
      const flag = (flags[i] as string).slice(2)
      options[flag === "server" ? "servers" : flag] = flags[i + 1] as string
    }
    const ours = await connectToNats(options as ConnectionOptions, "test", env).then(
      (connection) => connection.close().then(() => "in"),
      (error) => error.name,
    )
    const what = `${flags.join(" ")} ${JSON.stringify(extra)}: ${ours}, ${theirs.stderr}`
    t.equal(ours === "in", theirs.status === 0, what)
  }
})
