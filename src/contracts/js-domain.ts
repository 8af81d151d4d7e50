/**
 * The JetStream that a connection uses: its server's own, or that of a domain which lies beyond, for example of the hub
 * behind a leaf node. Said once of a connection, and heeded by all that ask JetStream over it.
 */
import { BadInput } from "../errors/errors.js"

const domains = new WeakMap<object, string>()

/** Has all that goes over `connection` ask the JetStream of `domain`. Throws BadInput for what can't be one. */
export function setDomain(connection: object, domain: string | undefined): void {
  if (domain === undefined) return
  if (!/^[^\s.*>]+$/.test(domain)) throw new BadInput("jsDomain", "a name without dots", domain)
  domains.set(connection, domain)
}

/** The domain that was said of `connection`; undefined where it is its server's own. */
export function domainOf(connection: object): string | undefined {
  return domains.get(connection)
}

/** The options for JetStream over `connection`. */
export function inDomain<T extends object>(
  connection: object,
  options: T = {} as T,
): T & { readonly domain?: string } {
  const domain = domainOf(connection)
  return domain === undefined ? options : { ...options, domain }
}
