/** Flags that several commands share, and how their values are read. */
import { type Command, Option } from "commander"
import ms, { type StringValue } from "ms"
import { BadInput } from "../../errors/errors.js"
import type { TimingOptions } from "../../lease/timings.js"
import type { ConnectionOptions } from "../../nats/connection.js"
import { httpAddressOf, shownAddress } from "../../observe/http-address.js"
import { defined } from "../../options/defined.js"
import { checkedPool, DEFAULT_POOL } from "../../protocol/names.js"

/** How to reach the server, as the `nats` command line has it. */
export interface ConnectionFlags {
  servers?: string
  user?: string
  password?: string
  token?: string
  creds?: string
  nkey?: string
  tlsca?: string
  tlscert?: string
  tlskey?: string
  tlsfirst?: boolean
  context?: string
  jsDomain?: string
  wait?: number
}

export interface PoolFlags extends ConnectionFlags {
  pool: string
}

/** The heading of the flags that are a command's own. */
const OWN = "Options:"

/** Adds `--pool` and the flags for the connection. */
export function withPoolFlags(command: Command): Command {
  const pool = new Option("-p, --pool <name>", "the pool, also the subject of its work")
  return withConnectionFlags(
    command.addOption(pool.env("POOL").default(DEFAULT_POOL).argParser(checkedPool)),
  )
}

/** Adds the flags for the connection; each has the environment variable of the `nats` command line. */
function withConnectionFlags(command: Command): Command {
  return command
    .optionsGroup("Connection, as the nats command line has it:")
    .option("-s, --servers <urls>", "addresses (env: NATS_URL; default: 127.0.0.1:4222)")
    .option("--user <name>", "user name (env: NATS_USER)")
    .option("--password <secret>", "password (env: NATS_PASSWORD)")
    .option("--token <secret>", "token (env: NATS_TOKEN)")
    .option("--creds <file>", "credentials file (env: NATS_CREDS)")
    .option("--nkey <file>", "file with an nkey seed (env: NATS_NKEY)")
    .option("--tlsca <file>", "certificate authority to trust (env: NATS_CA)")
    .option("--tlscert <file>", "certificate of this client (env: NATS_CERT)")
    .option("--tlskey <file>", "its private key (env: NATS_KEY)")
    .option("--tlsfirst", "TLS before the server's greeting, for one with handshake_first")
    .option("--context <name>", "a context of it (env: NATS_CONTEXT; default: the selected one)")
    .option("--js-domain <name>", "JetStream domain of the pool, behind a leaf node the hub's")
    .optionsGroup(OWN)
    .option(
      "--wait <time>",
      "wait for a server that is not there yet (default: that is an error)",
      durationIn("--wait"),
    )
}

/** The connection that `flags` ask for. */
export function connectionIn(flags: ConnectionFlags): ConnectionOptions {
  const { servers, user, password, token, creds, nkey, context, jsDomain } = flags
  const { tlsca: ca, tlscert: cert, tlskey: key, tlsfirst: tlsFirst } = flags
  const tls = { ca, cert, key, tlsFirst }
  const known = { servers, user, password, token, creds, nkey, ...tls, context, jsDomain }
  const onWait = (what: string) => console.error(`pool: ${what}`)
  return defined({ ...known, ...(flags.wait !== undefined && { waitMs: flags.wait, onWait }) })
}

export interface TimingFlags {
  lease?: number
  renew?: number
  replicas?: number
}

/** Adds the timings of a pool. */
export function withTimingFlags(command: Command): Command {
  return command
    .optionsGroup("Timing, the same for all workers of a pool:")
    .option(
      "--lease <time>",
      "how long a claim holds unrenewed (default: 2s; 12s with replicas)",
      durationIn("--lease"),
    )
    .option(
      "--renew <time>",
      "how often it is renewed (default: a quarter of the lease, on replicas a twelfth)",
      durationIn("--renew"),
    )
    .option(
      "--replicas <n>",
      "copies of the bucket: 1, 3 or 5 (default: 1)",
      wholeIn("--replicas", 1),
    )
    .optionsGroup(OWN)
}

export function timingIn({ lease, renew, replicas }: TimingFlags): TimingOptions {
  return defined({ leaseMs: lease, renewMs: renew, replicas })
}

/** Reads a time such as `2s`, `500ms` or `1m`, in ms. A bare number is taken as ms. */
export function durationIn(flag: string, leastMs = 0, mostMs?: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(ms(text.trim() as StringValue))
    if (!Number.isFinite(value) || value < 0) {
      throw new BadInput(flag, "a time such as 2s, 500ms or 1m", text)
    }
    if (value >= leastMs && value <= (mostMs ?? value)) return value
    const range = mostMs === undefined ? `from ${ms(leastMs)}` : `${ms(leastMs)} to ${ms(mostMs)}`
    throw new BadInput(flag, `a time ${range}`, text)
  }
}

/** Reads a whole number from `least` up. */
export function wholeIn(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value
    throw new BadInput(flag, `a whole number from ${least}`, text)
  }
}

/** Reads the number of a port. */
export function portIn(text: string): number {
  const port = Number(text)
  if (text.trim() !== "" && Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new BadInput("--port", "a number from 1 to 65535", text)
}

/** Adds `--http`; `more` is said of it besides. */
export function withHttpFlag(command: Command, more = ""): Command {
  return command.option(
    "--http <port>",
    `serve /healthz, /readyz, /leader and /metrics on it, or on host:port${more}`,
    (text) => shownAddress(httpAddressOf(text, "--http")),
  )
}
