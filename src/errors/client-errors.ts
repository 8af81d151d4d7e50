/** Failures of a client that are nobody's answer. */
import { PoolError, violationIn } from "./errors.js"

/** The client was closed while it had the request, or before. It may or may not have been done. */
export class ClientClosed extends PoolError {
  override readonly name = "ClientClosed"
  override readonly code = "client-closed"
  constructor() {
    super("the client was closed: a request in flight may or may not have been done")
  }
}

/** The connection was lost while the request was on its way: it may or may not have been done. */
export class ConnectionLost extends PoolError {
  override readonly name = "ConnectionLost"
  override readonly code = "connection-lost"
  constructor(readonly subject: string) {
    super(
      `the connection was lost before the answer on "${subject}": the request may or may not have been done; mark it idempotent to have it repeated`,
    )
  }
}

/**
 * The leader, asked after a while, did not have the request: it, or its answer, was lost on the way, with a server say. It
 * may or may not have been done.
 */
export class RequestLost extends PoolError {
  override readonly name = "RequestLost"
  override readonly code = "request-lost"
  constructor(readonly subject: string) {
    super(
      `the leader has no request like this on "${subject}": it, or its answer, was lost on the way, and it may or may not have been done; mark it idempotent to have it repeated`,
    )
  }
}

/** There was no connection to a server, until it was too late. The request was not sent. */
export class NotConnected extends PoolError {
  override readonly name = "NotConnected"
  override readonly code = "not-connected"
  constructor(readonly subject: string) {
    super(`no connection to a server: the request on "${subject}" was not sent`)
  }
}

/** The server doesn't let this user send or listen there. What was sent was not delivered. */
export class NotPermitted extends PoolError {
  override readonly name = "NotPermitted"
  override readonly code = "not-permitted"
  constructor(
    readonly subject: string,
    options?: ErrorOptions & { readonly isHearing?: boolean },
  ) {
    const what = options?.isHearing
      ? `listen on "${subject}"`
      : `send to "${subject}" or to take its answers`
    super(
      `not permitted to ${what}; give the user what its role needs, see: deploy/nats-permissions.conf and pool doctor --role`,
      options,
    )
  }
}

/** NotPermitted where the server said that; any other error as it is. */
export function refusalIn(error: unknown): unknown {
  const violation = violationIn(error)
  if (!violation) return error
  const isHearing = violation.operation === "subscription"
  return new NotPermitted(violation.subject, { cause: violation, isHearing })
}
