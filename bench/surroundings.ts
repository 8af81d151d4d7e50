/** What figures depend on: the machine, and the versions of all that took part. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { cpus, loadavg, totalmem } from "node:os"
import { join } from "node:path"

const ROOT = join(import.meta.dirname, "..")
const PACKAGES = ["nats", "@nats-io/jetstream", "@nats-io/kv"]

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryMB: number
  /** Of the last minute, before the first part. */
  readonly load: number
}

export interface Versions {
  /** Of this package, and the commit with `+` if files were changed since; there is none outside of a repository. */
  readonly product: { readonly version: string; readonly commit?: string }
  readonly node: string
  readonly natsServer: string
  readonly packages: Readonly<Record<string, string>>
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryMB: Math.round(totalmem() / 1024 / 1024),
    load: loadavg()[0] ?? 0,
  }
}

export function versions(natsServer: string): Versions {
  const commit = git("rev-parse", "--short", "HEAD")
  const changed = commit && git("status", "--porcelain", "--untracked-files=no") ? "+" : ""
  return {
    product: { version: versionIn(ROOT), ...(commit && { commit: `${commit}${changed}` }) },
    node: process.version,
    natsServer,
    packages: Object.fromEntries(
      PACKAGES.map((name) => [name, versionIn(join(ROOT, "node_modules", name))]),
    ),
  }
}

function versionIn(folder: string): string {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version
}

function git(...args: string[]): string {
  try {
    return execFileSync("git", args, {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim()
  } catch {
    return ""
  }
}
