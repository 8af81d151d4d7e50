/** Addresses of servers as people write them. */
import { BadInput } from "../errors/errors.js"

export interface ServerAddress {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** `host:port`, as the client wants it. */
  readonly listen: string
  /** To be shown: without the secrets that an address may hold. */
  readonly shown: string
  /** `tls://`: refuses a connection without. */
  readonly needsTls: boolean
  readonly user?: string
  /** A user without a password is a token. */
  readonly password?: string
}

const DEFAULT_PORT = "4222"

/** The addresses in `text`, with commas between. Throws BadInput for one that is none. */
export function addressesIn(text: string): ServerAddress[] {
  const parts = text.split(",").map((part) => part.trim())
  return parts.filter((part) => part !== "").map(addressIn)
}

function addressIn(text: string): ServerAddress {
  const full = text.includes("://") ? text : `nats://${text}`
  const scheme = full.slice(0, full.indexOf("://"))
  const url = parsed(full)
  if ((scheme !== "nats" && scheme !== "tls") || !url?.hostname) {
    const got = text.replace(/\/\/.*@/, "//***@")
    throw new BadInput("server", "an address such as nats://host:4222 or tls://host:4222", got)
  }
  const port = url.port || DEFAULT_PORT
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(port),
    listen: `${url.hostname}:${port}`,
    shown: `${scheme}://${url.hostname}:${port}`,
    needsTls: scheme === "tls",
    ...(url.username && { user: decoded(url.username) }),
    ...(url.password && { password: decoded(url.password) }),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    const expected = "a user and a password with % written as %25"
    throw new BadInput("server", expected, "another % in it", { cause: error })
  }
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
