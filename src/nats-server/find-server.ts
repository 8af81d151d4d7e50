/**
 * Finds a nats-server program: `$NATS_SERVER`, `PATH` (and the sbin folders, where Debian puts it and
 * where few people's PATH looks), one fetched before; else it fetches one.
 */
import { execFile } from "node:child_process"
import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join, resolve } from "node:path"
import { promisify } from "node:util"
import { BadInput, ServerTooOld } from "../errors/errors.js"
import { isAtLeast, OLDEST_SERVER } from "../nats/server-version.js"
/** Where fetched programs are kept, in the data folder. */
export const FETCHED_NAME = "nats-server"

const run = promisify(execFile)

/** A program on disk, and the version it says it is. */
export interface ServerProgram {
  readonly path: string
  readonly version: string
}

export interface FindOptions {
  /** The environment: NATS_SERVER and PATH. */
  env: Readonly<Record<string, string | undefined>>
  /** Folder of programs fetched before. Default `.pool/bin`. */
  into?: string
  /** Gets a line for each thing tried. */
  report?: (line: string) => void
  /** The oldest version of use. Default: the oldest that a pool runs on. */
  oldest?: string
  /** What it is for, where its version is told to be too old. Default: a pool. */
  purpose?: string
  /** Looked in after PATH. */
  alsoIn?: readonly string[]
}

/**
 * The first usable nats-server on this machine, or undefined. Throws BadInput or ServerTooOld if
 * NATS_SERVER names one that cannot be used: what was asked for by name is not replaced by something else.
 */
export async function findServer(options: FindOptions): Promise<ServerProgram | undefined> {
  const { env, report = () => {}, oldest = OLDEST_SERVER } = options
  const into = resolve(options.into ?? ".pool/bin")
  if (env.NATS_SERVER) return named(env.NATS_SERVER, oldest, options.purpose)
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean)
  const beside = options.alsoIn ?? ["/usr/local/sbin", "/usr/sbin"]
  for (const folder of [...folders, ...beside, into]) {
    const path = join(folder, FETCHED_NAME)
    if (!isExecutable(path)) continue
    const version = await versionOf(path)
    if (version && isAtLeast(version, oldest)) {
      report(`found ${path}, version ${version}`)
      return { path, version }
    }
    report(`passed over ${path}: ${version ? `version ${version} is too old` : "it does not run"}`)
  }
  return undefined
}

/** The version that the program at `path` says it is, or undefined if it is no nats-server that runs. */
export async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ["--version"], { timeout: 10_000 })
    return /^nats-server: v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

async function named(path: string, oldest: string, purpose?: string): Promise<ServerProgram> {
  const version = isExecutable(path) ? await versionOf(path) : undefined
  if (!version) throw new BadInput("NATS_SERVER", "the path of a nats-server program", path)
  if (!isAtLeast(version, oldest)) throw new ServerTooOld(version, oldest, purpose)
  return { path, version }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
