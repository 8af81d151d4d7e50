/** What can go wrong while a nats-server is found, fetched or started. */
import { PoolError } from "./errors.js"

/** No nats-server program was found, and none could be fetched. */
export class NoServerProgram extends PoolError {
  override readonly name = "NoServerProgram"
  override readonly code = "no-server-program"
  constructor(
    /** What was tried, a line each. */
    readonly tried: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `no nats-server found, and none fetched: ${tried.join("; ")}. Install one by hand: ` +
        "(1) unpack a release from https://github.com/nats-io/nats-server/releases, " +
        "(2) apt-get install nats-server, or brew install nats-server, " +
        "(3) go install github.com/nats-io/nats-server/v2@latest; " +
        "then put it on PATH, or name it in NATS_SERVER",
      options,
    )
  }
}

/** A download whose SHA-256 is not the expected one. Nothing of it was kept. */
export class BadChecksum extends PoolError {
  override readonly name = "BadChecksum"
  override readonly code = "bad-checksum"
  constructor(
    readonly file: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${file}: expected SHA-256 ${expected}, got ${got}; refused, nothing was kept`)
  }
}

/** The nats-server we started ended at once, or was not ready in time. */
export class ServerFailed extends PoolError {
  override readonly name = "ServerFailed"
  override readonly code = "server-failed"
  constructor(
    /** Its own words, from its log. */
    readonly reason: string,
    readonly logFile: string,
    options?: ErrorOptions,
    /** Which of several servers. */
    server = "nats-server",
  ) {
    super(`${server} did not start: ${reason}; its log: ${logFile}`, options)
  }
}

/** Something listens on a port that servers of a cluster need. */
export class ClusterPortTaken extends PoolError {
  override readonly name = "ClusterPortTaken"
  override readonly code = "port-taken"
  constructor(
    readonly port: number,
    servers: number,
  ) {
    super(
      `port ${port} is taken, and ${servers} servers need it; stop what listens there, ` +
        "or choose other ports with --port",
    )
  }
}

/** Something listens on the port, and it is no NATS server. */
export class PortTaken extends PoolError {
  override readonly name = "PortTaken"
  override readonly code = "port-taken"
  constructor(
    readonly host: string,
    readonly port: number,
  ) {
    super(
      `port ${port} on ${host} is taken by a program that does not greet like a NATS server; ` +
        "stop it, or choose another port with --port",
    )
  }
}
