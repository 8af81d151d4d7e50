/**
 * One class a failure. Each has a stable `code` for programs, its data as fields, the cause kept, and a
 * message for people: lower case, what is wrong, then the way out. With them come the predicates that
 * recognise the failures of NATS.
 */
export * from "./nats-errors.js"
export { reasonOf } from "./thrown.js"

import { cut, shown } from "./thrown.js"

/** The root of every error this package throws on purpose. `code` is stable; the message is not. */
export class PoolError extends Error {
  override readonly name: string = "PoolError"
  readonly code: string = "pool"
}

/** An option, argument or file that cannot be used: what was expected, what came, what to do. */
export class BadInput extends PoolError {
  override readonly name = "BadInput"
  override readonly code = "bad-input"
  constructor(
    /** What was looked at, e.g. `--lease` or `pool name`. */
    readonly what: string,
    readonly expected: string,
    readonly got: unknown,
    options?: ErrorOptions,
  ) {
    super(`${what}: expected ${expected}, got ${quote(got)}`, options)
  }
}

/** No NATS server answered at any of the addresses. */
export class NoServer extends PoolError {
  override readonly name = "NoServer"
  override readonly code = "no-server"
  constructor(
    readonly servers: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `no NATS server at ${servers.join(", ")}; start one with: pool server, or name another with --servers`,
      options,
    )
  }
}

/** The server refused who we say we are, or what we may do. */
export class NotAuthorized extends PoolError {
  override readonly name = "NotAuthorized"
  override readonly code = "not-authorized"
  constructor(
    readonly servers: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `${servers.join(", ")} refused the credentials; check NATS_USER, NATS_PASSWORD, NATS_TOKEN, NATS_CREDS or NATS_NKEY`,
      options,
    )
  }
}

/** The server runs, but without JetStream, where the bucket lives. */
export class NoJetStream extends PoolError {
  override readonly name = "NoJetStream"
  override readonly code = "no-jetstream"
  constructor(
    readonly server: string,
    options?: ErrorOptions,
  ) {
    super(
      `JetStream is off at ${server}; start the server with --jetstream, or: nats-server -c nats-server.conf, or enable it for this account`,
      options,
    )
  }
}

/** The server is older than the oldest one this package is tested with. */
export class ServerTooOld extends PoolError {
  override readonly name = "ServerTooOld"
  override readonly code = "server-too-old"
  constructor(
    readonly version: string,
    readonly needed: string,
    readonly purpose = "a pool",
  ) {
    super(`${purpose} needs nats-server ${needed} or later, this one is ${version}; upgrade it`)
  }
}

/** A compare-and-set was refused: somebody wrote the key since. Says nothing about who. */
export class RevisionMismatch extends PoolError {
  override readonly name = "RevisionMismatch"
  override readonly code = "revision-mismatch"
  constructor(
    readonly key: string,
    readonly expected: number,
    options?: ErrorOptions,
  ) {
    super(`key "${key}" is not at revision ${expected} any more`, options)
  }
}

/** Nobody listens: the pool has no ready member. The request was not delivered. */
export class NoWorkers extends PoolError {
  override readonly name = "NoWorkers"
  override readonly code = "no-workers"
  constructor(
    readonly pool: string,
    options?: ErrorOptions,
  ) {
    super(`no workers: pool "${pool}" has no ready members; start one with: pool worker`, options)
  }
}

/** Nobody leads, and nobody began to within the time allowed. The request was not delivered. */
export class NoLeader extends PoolError {
  override readonly name = "NoLeader"
  override readonly code = "no-leader"
  constructor(
    readonly pool: string,
    readonly waitedMs: number,
    options?: ErrorOptions,
  ) {
    const gone = waitedMs > 0 ? `led pool "${pool}" within ${waitedMs} ms` : `leads pool "${pool}"`
    super(`no leader: nobody ${gone}; see who is there with: pool members`, options)
  }
}

/** The leader changed while it had the request: it may or may not have been done. */
export class LeaderChanged extends PoolError {
  override readonly name = "LeaderChanged"
  override readonly code = "leader-changed"
  constructor(
    readonly pool: string,
    /** The term of the new reign, if one is known. */
    readonly term: number | undefined,
    options?: ErrorOptions,
  ) {
    super(
      `the leader of pool "${pool}" changed before it answered: the request may or may not have been done; mark it idempotent to have it repeated`,
      options,
    )
  }
}

/** No answer in time. The request may or may not have been done. */
export class RequestTimeout extends PoolError {
  override readonly name = "RequestTimeout"
  override readonly code = "timeout"
  constructor(
    readonly subject: string,
    readonly timeoutMs: number,
    options?: ErrorOptions,
  ) {
    super(
      `no answer on "${subject}" within ${timeoutMs} ms: the request may or may not have been done`,
      options,
    )
  }
}

/** A worker answered that it could not do the work. `status` follows HTTP: 400, 409, 429, 500, 504. */
export class WorkFailed extends PoolError {
  override readonly name = "WorkFailed"
  override readonly code = "work-failed"
  constructor(
    readonly status: number,
    readonly reason: string,
    /** Name of the worker that answered, if it said so. */
    readonly worker: string | undefined,
  ) {
    super(`${worker ?? "the worker"} answered ${status}: ${reason}`)
  }
}

/** A request larger than the server lets through. It was not sent. */
export class PayloadTooLarge extends PoolError {
  override readonly name = "PayloadTooLarge"
  override readonly code = "payload-too-large"
  constructor(
    readonly bytes: number,
    /** The server's max_payload, headers included; Infinity if it is not known. */
    readonly maxBytes: number,
    options?: ErrorOptions,
    /** Of that, what is left for headers that are added later. */
    room?: number,
  ) {
    const left = room === undefined ? "" : `, ${room} of which are left for more headers`
    const taken = Number.isFinite(maxBytes)
      ? `the server takes at most ${maxBytes}, headers included${left}`
      : "more than the server takes"
    super(
      `payload of ${bytes} bytes: ${taken}; send less, or raise max_payload in its configuration`,
      options,
    )
  }
}

/** The user's handler module cannot be used. */
export class BadHandler extends PoolError {
  override readonly name = "BadHandler"
  override readonly code = "bad-handler"
  constructor(
    readonly path: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(
      `handler ${path}: ${problem}; it must export at least one function named work, leaderWork or lead`,
      options,
    )
  }
}

/** How much of an input that is no use is told, in characters. */
const LONGEST_INPUT = 1000

function quote(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value, LONGEST_INPUT))
  return value === undefined ? "nothing" : shown(value)
}
