/**
 * Who we say we are: credentials from options and their files. A file is read once at the start, so that a
 * bad one is named before anything is sent, and again at each reconnect, so that it can be renewed without a
 * restart; one that can't be read then leaves the last good one in use.
 */
import {
  type Authenticator,
  credsAuthenticator,
  jwtAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "nats"
import { BadInput, reasonOf } from "../errors/errors.js"
import type { Environment, Settings } from "./nats-context.js"
import { literalIn, secretIn, shownRef } from "./secret.js"
import type { ServerAddress } from "./server-address.js"

const SEED = /\bS[UAO][A-Z2-7]{56}\b/

/**
 * What answers the server's question who we are; undefined if there is nothing to say. A user in an address
 * goes before the other settings. Throws BadInput for a file that can't be used.
 */
export function authenticatorOf(
  settings: Settings,
  addresses: readonly ServerAddress[],
  env: Environment,
): Authenticator | undefined {
  const inAddress = addresses.find((address) => address.user !== undefined)
  const { user, password } = inAddress ?? settings
  const isToken = user !== undefined && password === undefined
  const token = isToken ? user : settings.token
  const who = isToken ? undefined : identityOf({ ...settings, user, password }, env)
  if (token === undefined) return who
  const alsoToken = tokenAuthenticator(literalIn("token", token, env))
  return (nonce) => ({ ...who?.(nonce), ...alsoToken(nonce) }) as ReturnType<Authenticator>
}

type Identity = Pick<Settings, "creds" | "nkey" | "jwt" | "seed"> & {
  readonly user: string | undefined
  readonly password: string | undefined
}

function identityOf(identity: Identity, env: Environment): Authenticator | undefined {
  const { user, password, creds, nkey, jwt, seed } = identity
  if (user !== undefined && password !== undefined) {
    return usernamePasswordAuthenticator(user, literalIn("password", password, env))
  }
  if (creds !== undefined) {
    return renewable(
      "creds",
      creds,
      "a readable file with a JWT and a seed, as nsc writes it",
      () => credsAuthenticator(Buffer.from(secretIn(creds, env).replace(/\r\n/g, "\n"))),
    )
  }
  if (nkey !== undefined) {
    return renewable("nkey", nkey, "a readable file with the seed of a user (SU...)", () =>
      nkeyAuthenticator(seedIn(secretIn(nkey, env))),
    )
  }
  if (jwt === undefined) return undefined
  const key = seed === undefined ? undefined : seedIn(literalIn("seed", seed, env))
  return jwtAuthenticator(literalIn("jwt", jwt, env), key)
}

/** Reads the file now, to see whether it works, and again at each use. */
function renewable(
  what: string,
  ref: string,
  expected: string,
  read: () => Authenticator,
): Authenticator {
  let last: Authenticator
  try {
    last = read()
    last("tried")
  } catch (error) {
    const got = `${shownRef(ref)}: ${reasonOf(error)}`
    throw new BadInput(what, expected, got, { cause: error })
  }
  return (nonce) => {
    try {
      const next = read()
      const said = next(nonce)
      last = next
      return said
    } catch {
      return last(nonce)
    }
  }
}

function seedIn(text: string): Uint8Array {
  const found = SEED.exec(text)
  if (!found) throw new Error("there is no seed in it")
  return Buffer.from(found[0])
}
