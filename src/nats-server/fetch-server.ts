/**
 * Fetches a nats-server into a folder of ours, without root and without asking: a release, the package of
 * the distribution, or by the Go toolchain, whichever works first. All of it happens in a folder of its
 * own; only a program that ran and told its version is renamed into place, so a fetch that fails or is
 * interrupted leaves nothing, and two at once do not disturb each other.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { PoolError, reasonOf, ServerTooOld } from "../errors/errors.js"
import { NoServerProgram } from "../errors/server-errors.js"
import { isAtLeast, OLDEST_SERVER } from "../nats/server-version.js"
import { fetchDebian } from "./fetch-debian.js"
import { fetchGo } from "./fetch-go.js"
import { fetchRelease, PINNED_VERSION, type ReleaseOptions } from "./fetch-release.js"
import { DEFAULT_STEPS, type FetchStep } from "./fetch-step.js"
import {
  FETCHED_NAME,
  type FindOptions,
  findServer,
  type ServerProgram,
  versionOf,
} from "./find-server.js"

export interface FetchOptions
  extends Pick<ReleaseOptions, "version" | "releasesUrl" | "sums" | "signal" | "stallMs"> {
  /** The environment for the programs that are run, and where NATS_SERVER and PATH are looked up. */
  env: Readonly<Record<string, string | undefined>>
  /** Where the program goes. Default `.pool/bin`. */
  into?: string
  /** The oldest version of use. Default: the oldest that a pool runs on. */
  oldest?: string
  /** What to try, in this order. Default: release, debian, go. */
  by?: readonly FetchStep[]
  /** Gets a line for each step: what it did, or why it could not; and progress, if it takes long. */
  report?: (line: string) => void
}

/** The nats-server of this machine, or a fetched one. Throws what `findServer` and `fetchServer` throw. */
export async function findOrFetchServer(
  options: FetchOptions & FindOptions,
): Promise<ServerProgram> {
  return (await findServer(options)) ?? (await fetchServer(options))
}

/**
 * Fetches a nats-server, whether there is one already or not. Throws NoServerProgram, which tells how to
 * install one by hand, if no step worked; its cause is an AggregateError of theirs.
 */
export async function fetchServer(options: FetchOptions): Promise<ServerProgram> {
  const { by = DEFAULT_STEPS, report = () => {}, signal } = options
  const into = resolve(options.into ?? ".pool/bin")
  mkdirSync(into, { recursive: true })
  sweep(into)
  const tried: string[] = []
  const errors: unknown[] = []
  for (const step of by) {
    const folder = mkdtempSync(join(into, `.fetch-${process.pid}-`))
    try {
      const fetched = await usable(await fetchBy(step, { ...options, folder }), options.oldest)
      const path = join(into, FETCHED_NAME)
      renameSync(fetched.path, path)
      report(`${step}: fetched nats-server ${fetched.version} into ${path}`)
      return { ...fetched, path }
    } catch (error) {
      if (signal?.aborted) throw new PoolError("interrupted; nothing was kept", { cause: error })
      tried.push(`${step}: ${reasonOf(error)}`)
      errors.push(error)
      report(tried.at(-1) as string)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  throw new NoServerProgram(tried, { cause: new AggregateError(errors) })
}

function fetchBy(step: FetchStep, options: FetchOptions & { folder: string }): Promise<string> {
  const report = (line: string) => options.report?.(`${step}: ${line}`)
  const { version = PINNED_VERSION } = options
  if (step === "release") return fetchRelease({ ...options, version, report })
  if (step === "go") return fetchGo({ ...options, version, report })
  return fetchDebian({ ...options, report, suite: step.split(":")[1] })
}

async function usable(path: string, oldest = OLDEST_SERVER): Promise<ServerProgram> {
  chmodSync(path, 0o755)
  const version = await versionOf(path)
  if (!version) throw new PoolError("what was fetched does not run on this machine")
  if (!isAtLeast(version, oldest)) throw new ServerTooOld(version, oldest)
  return { path, version }
}

// Removes what a fetch left that was ended by kill -9.
function sweep(into: string) {
  for (const name of readdirSync(into)) {
    const pid = Number(/^\.fetch-(\d+)-/.exec(name)?.[1])
    if (pid && !isAlive(pid)) rmSync(join(into, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
