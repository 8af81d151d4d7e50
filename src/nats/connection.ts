/**
 * From options, environment and NATS contexts to an open connection, as the `nats` command line has it. A
 * connection that was open once is kept: it is opened anew for ever, and quickly, for a pool's timings are
 * short. A first connection that fails says why, in one line.
 */
import { connect, type NatsConnection, type NodeConnectionOptions, type TlsOptions } from "nats"
import { setDomain } from "../contracts/js-domain.js"
import { ConnectionRefused, NotNats, TlsFailed } from "../errors/connection-errors.js"
import {
  BadInput,
  isAuthorizationError,
  isTimeout,
  NoServer,
  NotAuthorized,
  PoolError,
  reasonOf,
  ServerTooOld,
} from "../errors/errors.js"
import { authenticatorOf } from "../nats-context/credentials.js"
import {
  CONNECTION_OPTIONS,
  type ConnectionOptions,
  connectionSettingsOf,
  type Environment,
} from "../nats-context/nats-context.js"
import { addressesIn, type ServerAddress } from "../nats-context/server-address.js"
import { waitingFor } from "../nats-context/server-wait.js"
import { tlsOf } from "../nats-context/tls-settings.js"
import { checkKind, checkOptions, optionsLike, text } from "../options/known-options.js"
import { refusalOf } from "./refusal.js"
import { type ServerInfo, serverInfoOf } from "./server-info.js"
import { isAtLeast, OLDEST_SERVER } from "./server-version.js"

export type { ConnectionOptions } from "../nats-context/nats-context.js"

/** How long a server may take to greet, and to let us in, where nothing else is said, in ms. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5000
/** A connection is opened anew this long after it was lost, in ms, and at most this much later. */
const RECONNECT_MS = 100
const RECONNECT_JITTER_MS = 150
/** A connection that is dead without a word is noticed after two to three of these, in ms. */
const PING_MS = 2000
/** How long a server may take to say why it let nobody in, in ms. */
const REFUSAL_MS = 500

/**
 * An open connection that shows up as `name` at the server. Throws BadInput for options, files or contexts that
 * can't be used; NoServer, NotNats, TlsFailed, NotAuthorized, ServerTooOld or ConnectionRefused. With `waitMs` a server
 * that is not there yet is waited for.
 *
 * @example
 * const connection = await connectToNats({ servers: "nats://a:4222,nats://b:4222" }, "pool mail")
 */
export async function connectToNats(
  options: ConnectionOptions = {},
  name = "pool",
  env: Environment = process.env,
): Promise<NatsConnection> {
  checkOptions("connectToNats", options, CONNECTION_OPTIONS)
  checkKind("name of the connection", name, text)
  checkKind("environment", env, optionsLike({}))
  return waitingFor(
    options,
    () => connectOnce(options, name, env),
    (late) => late.close(),
  )
}

/** The same without waiting. */
export async function connectOnce(
  options: ConnectionOptions = {},
  name = "pool",
  env: Environment = process.env,
): Promise<NatsConnection> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
  if (!(timeoutMs > 0)) throw new BadInput("connect timeout", "more than 0 ms", timeoutMs)
  const settings = connectionSettingsOf(options, env)
  const given = addressesIn(settings.url)
  const addresses = options.noRandomize ? given : shuffled(given)
  if (addresses.length === 0) throw new BadInput("servers", "at least one address", settings.url)
  const authenticator = authenticatorOf(settings, addresses, env)
  const tls = tlsOf(settings, addresses, env)
  // A server that begins with TLS doesn't greet.
  const inOrder = settings.tlsFirst ? addresses : await greeted(addresses, timeoutMs)
  try {
    const how: Way["how"] = {
      servers: inOrder.map(({ listen }) => listen),
      noRandomize: true,
      name,
      timeout: timeoutMs,
      noAsyncTraces: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      reconnectJitterTLS: RECONNECT_JITTER_MS,
      pingInterval: PING_MS,
      // Credentials are read again each time: the next ones may do.
      ignoreAuthErrorAbort: true,
      ...(authenticator && { authenticator }),
      ...(tls && { tls }),
      ...(settings.inboxPrefix && { inboxPrefix: settings.inboxPrefix }),
    }
    const connection = await connect(how)
    const version = connection.info?.version ?? ""
    if (isAtLeast(version, OLDEST_SERVER)) {
      ways.set(connection, { addresses, tls, how })
      setDomain(connection, settings.jsDomain)
      return connection
    }
    await connection.close()
    throw new ServerTooOld(version, OLDEST_SERVER)
  } catch (error) {
    const [first] = inOrder as [ServerAddress, ...ServerAddress[]]
    const why = isTimeout(error) && (await refusalOf(first, tls, Math.min(timeoutMs, REFUSAL_MS)))
    throw explained(why || error, addresses, timeoutMs)
  }
}

interface Way {
  readonly addresses: readonly ServerAddress[]
  readonly tls: TlsOptions | undefined
  readonly how: NodeConnectionOptions & { readonly servers: readonly string[] }
}

/** Where the connections made here lead, and how they were made. */
const ways = new WeakMap<NatsConnection, Way>()

/** The addresses that `connection` was given; none for one that was not made here. */
export function addressesOf(connection: NatsConnection): readonly ServerAddress[] {
  return ways.get(connection)?.addresses ?? []
}

/**
 * A connection like `connection`, which was made here, to whichever server it knows that lets it in; it is not opened anew when
 * it is lost. Throws what the client throws.
 */
export function connectBeside(connection: NatsConnection): Promise<NatsConnection> {
  const { how } = ways.get(connection) as Way
  const { connect_urls = [] } = connection.info ?? {}
  const servers = [...new Set([...how.servers, ...connect_urls])]
  return connect({ ...how, servers, reconnect: false })
}

/** Why no server lets `connection` in, as far as can be seen from here; undefined if it can't, or nothing is wrong. */
export async function refusalTo(connection: NatsConnection): Promise<Error | undefined> {
  const { addresses = [], tls } = ways.get(connection) ?? {}
  const answers = await Promise.all(addresses.map((it) => refusalOf(it, tls, REFUSAL_MS)))
  return answers.find((answer) => answer !== undefined)
}

/**
 * The addresses, one that greets first. Asked before the client is, for when a server accepts a connection
 * and says nothing the client gives up and leaves the socket open.
 */
async function greeted(
  addresses: readonly ServerAddress[],
  timeoutMs: number,
): Promise<ServerAddress[]> {
  const strangers: ServerAddress[] = []
  for (const address of addresses) {
    const answer = await serverInfoOf(address.port, address.host, timeoutMs)
    if (answer === "stranger") strangers.push(address)
    else if (answer !== "nobody") {
      refuseOld(answer)
      return [address, ...addresses.filter((other) => other !== address)]
    }
  }
  if (strangers.length > 0) throw new NotNats(shown(strangers), timeoutMs)
  throw new NoServer(shown(addresses))
}

function refuseOld({ version }: ServerInfo): void {
  if (!isAtLeast(version, OLDEST_SERVER)) throw new ServerTooOld(version, OLDEST_SERVER)
}

function explained(error: unknown, addresses: readonly ServerAddress[], timeoutMs: number): Error {
  if (error instanceof PoolError) return error
  const servers = shown(addresses)
  const cause = { cause: error }
  if (isAuthorizationError(error)) return new NotAuthorized(servers, cause)
  if (isTimeout(error)) {
    return new ConnectionRefused(servers, `no answer to CONNECT within ${timeoutMs} ms`, cause)
  }
  const reason = reasonOf(error)
  const remedy = tlsRemedy((error as { code?: unknown }).code, reason)
  if (remedy) return new TlsFailed(servers, reason, remedy, cause)
  if (reason === "connection refused") return new NoServer(servers, cause)
  return new ConnectionRefused(servers, reason, cause)
}

/** What to do about a failure of TLS; undefined if it is another failure. */
function tlsRemedy(code: unknown, reason: string): string | undefined {
  if (reason.includes("does not support 'tls'")) {
    return "leave out tls://, --tlsca and --tlscert, or switch TLS on at the server"
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return "address the server by a name that its certificate holds"
  }
  if (code === "CERT_HAS_EXPIRED") return "renew the server's certificate"
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(String(code))) {
    return "name the authority that signed the server's certificate with --tlsca or NATS_CA"
  }
  const isTls = /^(ERR_SSL|ERR_TLS|CERT_|EPROTO)/.test(String(code))
  return isTls ? "check --tlsca, --tlscert and --tlskey" : undefined
}

function shown(addresses: readonly ServerAddress[]): string[] {
  return addresses.map((address) => address.shown)
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
