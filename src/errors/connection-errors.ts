/** What can go wrong between options and an open connection, beyond NoServer and NotAuthorized. */
import { PoolError } from "./errors.js"

/** Something accepted the connection, and does not speak as a NATS server does. */
export class NotNats extends PoolError {
  override readonly name = "NotNats"
  override readonly code = "not-nats"
  constructor(
    readonly servers: readonly string[],
    readonly withinMs: number,
    options?: ErrorOptions,
  ) {
    super(
      `${servers.join(", ")}: expected the greeting of a NATS server within ${withinMs} ms, got none; ` +
        "check the port (4222 is for clients, 8222 for monitoring); a server that begins with TLS wants --tlsfirst",
      options,
    )
  }
}

/** Client and server don't agree on TLS: no certificate, the wrong one, or none asked for. */
export class TlsFailed extends PoolError {
  override readonly name = "TlsFailed"
  override readonly code = "tls-failed"
  constructor(
    readonly servers: readonly string[],
    readonly problem: string,
    /** What to do about it. */
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`TLS with ${servers.join(", ")} failed: ${problem}; ${remedy}`, options)
  }
}

/** The server greeted and then ended the connection for another reason. */
export class ConnectionRefused extends PoolError {
  override readonly name = "ConnectionRefused"
  override readonly code = "connection-refused"
  constructor(
    readonly servers: readonly string[],
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${servers.join(", ")} let nobody in: ${reason || "it gave no reason"}; see its log`,
      options,
    )
  }
}
