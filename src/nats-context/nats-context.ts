/**
 * What the `nats` command line goes by to find its server: options, then environment, then a context, each
 * field by itself. A context is named by option or NATS_CONTEXT, or it is the one that `nats context select`
 * chose. One that is named or selected and can't be read is an error, as it is there. Who has no home folder has
 * selected none.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { objectIn } from "../encoding/json.js"
import { BadInput, reasonOf } from "../errors/errors.js"
import { defined } from "../options/defined.js"
import {
  callable,
  having,
  type KindsOf,
  secret,
  someText,
  text,
  timeMs,
  yesOrNo,
} from "../options/known-options.js"
import type { Environment } from "./environment.js"
import { homeOf } from "./home.js"
import type { ServerWait } from "./server-wait.js"

export type { Environment } from "./environment.js"

/**
 * How to connect. What is left out comes from the environment variable named, else from the NATS context.
 * Of several kinds of credentials the first counts: user, creds, nkey; a token is sent besides. Files are
 * read again at each reconnect, so that they may be renewed; `~` and `$VAR` in their names are expanded. In
 * place of a file's name, and for password and token, `env://VAR` and `data:;base64,...` work too.
 */
export interface ConnectionOptions extends ServerWait {
  /** Addresses, `nats://` or `tls://`; as one text with commas between. NATS_URL. Default nats://127.0.0.1:4222. */
  readonly servers?: string | readonly string[] | undefined
  /** NATS_USER. Without a password it is taken for a token. */
  readonly user?: string | undefined
  /** NATS_PASSWORD. */
  readonly password?: string | undefined
  /** NATS_TOKEN. */
  readonly token?: string | undefined
  /** A `.creds` file. NATS_CREDS. */
  readonly creds?: string | undefined
  /** A file with an nkey seed. NATS_NKEY. */
  readonly nkey?: string | undefined
  /** A PEM file with the certificate authorities to trust. NATS_CA. */
  readonly ca?: string | undefined
  /** A PEM file with this client's certificate; needs `key`. NATS_CERT. */
  readonly cert?: string | undefined
  /** A PEM file with its private key; needs `cert`. NATS_KEY. */
  readonly key?: string | undefined
  /**
   * The JetStream domain that the pool is in, where that is not the server's own: behind a leaf node that of the hub. Default:
   * `jetstream_domain` of the context, else the server's own.
   */
  readonly jsDomain?: string | undefined
  /** TLS before the server's greeting, for servers with `handshake_first`. Default false. */
  readonly tlsFirst?: boolean | undefined
  /** Tries the servers in the order given, not in any. Default false: so clients spread over them. */
  readonly noRandomize?: boolean | undefined
  /** Name of a context of the `nats` command line, or path of its `.json`. NATS_CONTEXT. Default: the selected one. */
  readonly context?: string | undefined
  /** How long a server may take to greet, and to let us in, in ms. Default 5000. */
  readonly timeoutMs?: number | undefined
}

/** Their names and kinds. */
export const CONNECTION_OPTIONS = {
  servers: someText,
  user: text,
  password: secret,
  token: secret,
  creds: secret,
  nkey: secret,
  ca: text,
  cert: text,
  key: text,
  jsDomain: text,
  tlsFirst: yesOrNo,
  noRandomize: yesOrNo,
  context: text,
  timeoutMs: timeMs,
  waitMs: timeMs,
  onWait: callable,
  signal: having("an AbortSignal", "addEventListener"),
} satisfies KindsOf<ConnectionOptions>

/** What to connect with, wherever it came from. Nothing was read yet but the context. */
export interface Settings {
  readonly url: string
  readonly user?: string
  readonly password?: string
  readonly token?: string
  readonly creds?: string
  readonly nkey?: string
  readonly jwt?: string
  readonly seed?: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly inboxPrefix?: string
  readonly jsDomain?: string
  readonly tlsFirst: boolean
}

const DEFAULT_URL = "nats://127.0.0.1:4222"

/** The settings that options, environment and context come to. Throws BadInput for a context that can't be used. */
export function connectionSettingsOf(options: ConnectionOptions, env: Environment): Settings {
  const name = options.context || env.NATS_CONTEXT || selected(env)
  const context = name ? readContext(name, env) : {}
  const pick = (option: string | undefined, variable: string | undefined, field: string) => {
    const value = option || variable || context[field]
    return typeof value === "string" && value !== "" ? value : undefined
  }
  const servers = typeof options.servers === "string" ? options.servers : options.servers?.join(",")
  if (servers !== undefined && !/[^\s,]/.test(servers)) {
    throw new BadInput("servers", "at least one address", options.servers)
  }
  const found = {
    user: pick(options.user, env.NATS_USER, "user"),
    password: pick(options.password, env.NATS_PASSWORD, "password"),
    token: pick(options.token, env.NATS_TOKEN, "token"),
    creds: pick(options.creds, env.NATS_CREDS, "creds"),
    nkey: pick(options.nkey, env.NATS_NKEY, "nkey"),
    jwt: pick(undefined, env.NATS_JWT, "user_jwt"),
    seed: pick(undefined, env.NATS_SEED, "user_seed"),
    ca: pick(options.ca, env.NATS_CA, "ca"),
    cert: pick(options.cert, env.NATS_CERT, "cert"),
    key: pick(options.key, env.NATS_KEY, "key"),
    inboxPrefix: pick(undefined, undefined, "inbox_prefix"),
    jsDomain: pick(options.jsDomain, undefined, "jetstream_domain"),
  }
  return {
    ...defined(found),
    url: pick(servers, env.NATS_URL, "url") ?? DEFAULT_URL,
    tlsFirst: options.tlsFirst ?? context.tls_first === true,
  }
}

/** The folder with the contexts, and with the name of the selected one; undefined for who has no home folder. */
function folderOf(env: Environment): string | undefined {
  const config = env.XDG_CONFIG_HOME || homeOf(env)
  if (config === undefined) return undefined
  return env.XDG_CONFIG_HOME ? join(config, "nats") : join(config, ".config", "nats")
}

function selected(env: Environment): string {
  const folder = folderOf(env)
  const file = folder && join(folder, "context.txt")
  if (!file || !existsSync(file)) return ""
  try {
    return readFileSync(file, "utf8").trim()
  } catch (error) {
    throw new BadInput(file, "the name of the selected context", reasonOf(error), { cause: error })
  }
}

function readContext(name: string, env: Environment): Record<string, unknown> {
  const isPath = name.endsWith(".json") && existsSync(name)
  if (!isPath && (/[/\\]/.test(name) || name.includes(".."))) throw unknown(name)
  const file = isPath ? name : join(contextsOf(name, env), `${name}.json`)
  if (!existsSync(file)) throw unknown(name)
  let context: Record<string, unknown>
  try {
    context = objectIn(readFileSync(file))
  } catch (error) {
    throw new BadInput(`context file ${file}`, "a JSON object", reasonOf(error), { cause: error })
  }
  if (context.nsc) {
    throw new BadInput(`context ${name}`, "creds, as `nats context edit` has it", "an nsc lookup")
  }
  return context
}

function contextsOf(name: string, env: Environment): string {
  const folder = folderOf(env)
  if (folder !== undefined) return join(folder, "context")
  const expected =
    "HOME or XDG_CONFIG_HOME to be set, for this user has no home folder to find it in"
  throw new BadInput("context", expected, name)
}

function unknown(name: string): BadInput {
  return new BadInput("context", "a name that `nats context ls` lists", name)
}
