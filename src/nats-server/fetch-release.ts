/**
 * Fetches a release of nats-server: a tarball over HTTPS, its SHA-256 compared before anything in it is
 * looked at. The sums of the pinned version are in this file; for other systems, and other versions, they
 * come from the file SHA256SUMS beside the release, which guards against damage and not against malice.
 *
 * The system's `tar` unpacks: it is wherever `sh` is, and one dependency less in everybody's install.
 */
import { join } from "node:path"
import { PoolError } from "../errors/errors.js"
import { BadChecksum } from "../errors/server-errors.js"
import { runProgram } from "../programs/run-program.js"
import { type DownloadOptions, download, textAt } from "./download.js"

/** The version that is fetched where none is asked for. */
export const PINNED_VERSION = "2.12.15"
const RELEASES_URL = "https://github.com/nats-io/nats-server/releases/download"

/** SHA-256 of the tarballs of the pinned version. */
export const PINNED_SUMS: Readonly<Record<string, string>> = {
  [tarballOf(PINNED_VERSION, "linux", "x64")]:
    "58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e",
  [tarballOf(PINNED_VERSION, "linux", "arm64")]:
    "b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6",
  [tarballOf(PINNED_VERSION, "linux", "arm")]:
    "72311fe4e14ce3ce22dc8e7ac02633e6f31a9bab4086c92a31fd040e59683c8a",
  [tarballOf(PINNED_VERSION, "linux", "s390x")]:
    "5db960be875da499f1354f41c0a7780303fb9644cf62d35022677e77b4178029",
  [tarballOf(PINNED_VERSION, "linux", "ppc64")]:
    "56447e72ec0551fa27a4368388dee475e028d4d5de6d97a802d944c6f278cf1e",
}

export interface ReleaseOptions extends DownloadOptions {
  /** An empty folder to work in. */
  folder: string
  /** Default: the pinned version. */
  version?: string
  /** Where releases are, without a slash at the end. */
  releasesUrl?: string
  /** SHA-256 by name of tarball, instead of the pinned ones. */
  sums?: Readonly<Record<string, string>>
  env: Readonly<Record<string, string | undefined>>
}

/** The name of the tarball of `version` for a system; throws where there is none. */
export function tarballOf(version: string, platform: string, arch: string): string {
  const systems: Record<string, string> = { linux: "linux", darwin: "darwin", freebsd: "freebsd" }
  const machines: Record<string, string> = {
    ...{ x64: "amd64", arm64: "arm64", arm: "arm7", ia32: "386" },
    ...{ s390x: "s390x", ppc64: "ppc64le", riscv64: "riscv64" },
  }
  if (!systems[platform] || !machines[arch]) {
    throw new PoolError(`there is no tarball for ${platform} on ${arch}`)
  }
  return `nats-server-v${version}-${systems[platform]}-${machines[arch]}.tar.gz`
}

/** Downloads, checks and unpacks a release in `folder`; returns the path of the program. */
export async function fetchRelease(options: ReleaseOptions): Promise<string> {
  const { folder, version = PINNED_VERSION, sums = PINNED_SUMS, signal, env } = options
  const tarball = tarballOf(version, process.platform, process.arch)
  const page = `${options.releasesUrl ?? RELEASES_URL}/v${version}`
  const expected = sums[tarball] ?? (await publishedSum(page, tarball, options))
  const file = join(folder, tarball)
  const got = await download(`${page}/${tarball}`, file, options)
  if (got !== expected) throw new BadChecksum(tarball, expected, got)
  await runProgram("tar", ["-xzf", file, "-C", folder], { signal, env })
  return join(folder, tarball.replace(/\.tar\.gz$/, ""), "nats-server")
}

async function publishedSum(page: string, tarball: string, options: ReleaseOptions) {
  const text = await textAt(`${page}/SHA256SUMS`, options)
  const line = text.split("\n").find((line) => line.trim().endsWith(tarball))
  const sum = /^[0-9a-f]{64}(?= )/.exec(line ?? "")?.[0]
  if (!sum) throw new PoolError(`${page}/SHA256SUMS does not list ${tarball}`)
  return sum
}
