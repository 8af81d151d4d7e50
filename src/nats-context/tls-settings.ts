/**
 * TLS as it is asked for. The files are tried at the start, so that a bad one is named before anything is
 * sent, and read again by the client at each reconnect.
 */
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { checkServerIdentity, createSecureContext, type PeerCertificate } from "node:tls"
import type { TlsOptions } from "nats"
import { BadInput, reasonOf } from "../errors/errors.js"
import type { Environment, Settings } from "./nats-context.js"
import { pathIn } from "./secret.js"
import type { ServerAddress } from "./server-address.js"

/**
 * TLS as settings and addresses ask for it; undefined if it is left to the server, whose certificate must
 * then be one that the system trusts. Throws BadInput for a file that can't be used.
 */
export function tlsOf(
  settings: Settings,
  addresses: readonly ServerAddress[],
  env: Environment,
): TlsOptions | undefined {
  const { ca, cert, key, tlsFirst } = settings
  if ((cert === undefined) !== (key === undefined)) {
    const [missing, given] = cert === undefined ? ["cert", "key"] : ["key", "cert"]
    throw new BadInput(missing as string, `a file, for there is a ${given}`, undefined)
  }
  const files = {
    ...(ca && { caFile: trusted("ca", ca, env) }),
    ...(cert && { certFile: trusted("cert", cert, env) }),
    ...(key && { keyFile: pathTo("key", key, env) }),
  }
  if (files.certFile && files.keyFile) checkPair(files.certFile, files.keyFile)
  const isAsked = ca || cert || tlsFirst || addresses.some((address) => address.needsTls)
  if (!isAsked) return undefined
  return { ...files, ...(tlsFirst && { handshakeFirst: true }), ...identityCheck(addresses) }
}

/** The path of a PEM file with certificates. */
function trusted(what: string, ref: string, env: Environment): string {
  const path = pathTo(what, ref, env)
  try {
    const text = readFileSync(path, "utf8")
    if (!text.includes("-----BEGIN")) throw new Error("no certificate in it")
    new X509Certificate(text)
    return path
  } catch (error) {
    const got = `${path}: ${reasonOf(error)}`
    throw new BadInput(what, "a readable PEM file", got, { cause: error })
  }
}

function pathTo(what: string, ref: string, env: Environment): string {
  try {
    return pathIn(ref, env)
  } catch (error) {
    throw new BadInput(what, "a readable PEM file", `${ref}: ${reasonOf(error)}`, { cause: error })
  }
}

function checkPair(cert: string, key: string): void {
  try {
    createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) })
  } catch (error) {
    const got = `${key}: ${reasonOf(error)}`
    throw new BadInput("key", `the PEM file with the key of ${cert}`, got, { cause: error })
  }
}

/**
 * The client checks a server that was addressed by number as if it was called `localhost`. Its certificate
 * must be for one of the addresses instead.
 */
function identityCheck(addresses: readonly ServerAddress[]): object {
  const hosts = addresses.map(({ host }) => host)
  if (hosts.includes("localhost")) return {}
  return {
    checkServerIdentity(name: string, certificate: PeerCertificate): Error | undefined {
      if (name !== "localhost") return checkServerIdentity(name, certificate)
      const refusals = hosts.map((host) => checkServerIdentity(host, certificate))
      return refusals.includes(undefined) ? undefined : refusals[0]
    },
  }
}
