/**
 * Secrets as NATS contexts refer to them: the name of a file, `file://`, `env://VAR`, or `data:;base64,...`.
 * Other kinds (`op://`, `nsc://`), which need a program to be run, are refused by name.
 */
import { readFileSync } from "node:fs"
import { BadInput, reasonOf } from "../errors/errors.js"
import { homeOf } from "./home.js"
import type { Environment } from "./nats-context.js"

const KINDS = "a file, env:// or data:;base64,"

/** What `ref` refers to, a bare one being the name of a file. Throws if it can't be read. */
export function secretIn(ref: string, env: Environment): string {
  return referred(ref, env) ?? readFileSync(pathIn(ref, env), "utf8")
}

/** What `ref` refers to, a bare one being the secret itself. Throws BadInput if it can't be had. */
export function literalIn(what: string, ref: string, env: Environment): string {
  try {
    if (/^file:\/\//i.test(ref)) return readFileSync(pathIn(ref, env), "utf8").trimEnd()
    return referred(ref, env)?.trimEnd() ?? ref
  } catch (error) {
    const got = `${shownRef(ref)}: ${reasonOf(error)}`
    throw new BadInput(what, "a secret, or a readable file", got, { cause: error })
  }
}

/** The name of the file that `ref` means: `~` and `$VAR` expanded, as `nats` does. Throws for a `~` without a home. */
export function pathIn(ref: string, env: Environment): string {
  const path = ref
    .replace(/^file:\/\//i, "")
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => env[braced ?? bare] ?? "")
  if (!path.startsWith("~")) return path
  const home = homeOf(env)
  if (home !== undefined) return home + path.slice(1)
  throw new Error("this user has no home folder; set HOME, or write the path out")
}

/** `ref` without the secret that it may hold. */
export function shownRef(ref: string): string {
  return /^data:/i.test(ref) ? "data:..." : ref
}

function referred(ref: string, env: Environment): string | undefined {
  const [, scheme, rest = ""] = /^(env|data|op|nsc):(.*)$/is.exec(ref) ?? []
  switch (scheme?.toLowerCase()) {
    case undefined:
      return undefined
    case "env": {
      const value = env[rest.replace(/^\/\//, "")]
      if (!value) throw new Error("the variable is not set")
      return value
    }
    case "data": {
      const base64 = /;base64,(.*)$/is.exec(rest)?.[1]
      if (base64 === undefined) throw new Error("it is not base64")
      return Buffer.from(base64, "base64").toString()
    }
    default:
      throw new BadInput("secret", KINDS, ref)
  }
}
