/** Failures of what a worker serves over HTTP. */
import { PoolError } from "./errors.js"

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EACCES: "the system does not allow that port to this user",
  EADDRNOTAVAIL: "the host is not an address of this machine",
  ENOTFOUND: "the host is not known",
}

/** The address for HTTP can't be listened on. The worker has not joined. */
export class CannotListen extends PoolError {
  override readonly name = "CannotListen"
  override readonly code = "cannot-listen"
  constructor(
    /** `host:port` */
    readonly address: string,
    options: { readonly cause: NodeJS.ErrnoException },
  ) {
    const { code = "", message } = options.cause
    super(
      `http: can't listen on ${address}: ${REASONS[code] ?? message}; name another one`,
      options,
    )
  }
}
