/**
 * Fetches the package of Debian or Ubuntu and unpacks it in place: no root, and no service started on
 * port 4222, which installing it does. Works without package lists, by fetching its own.
 *
 * From `testing` it takes what the next Debian will have, on a Debian whose own package is older; that
 * works as long as the libc of both is new enough, and the program is tried before it is used.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PoolError } from "../errors/errors.js"
import { runProgram } from "../programs/run-program.js"

export interface DebianOptions {
  /** An empty folder to work in. */
  folder: string
  env: Readonly<Record<string, string | undefined>>
  /** A suite of Debian, e.g. `testing`. Default: whatever this machine's sources name. */
  suite?: string
  report?: (line: string) => void
  signal?: AbortSignal
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

/** Downloads and unpacks the package in `folder`; returns the path of the program. */
export async function fetchDebian(options: DebianOptions): Promise<string> {
  const { folder, report = () => {} } = options
  const apt = (args: string[]) =>
    runProgram("apt-get", ["-q", ...args], { ...options, cwd: folder })
  const own = ownLists(options, options.suite && (await debianMirror(options)))
  if (options.suite) {
    report(`fetching the package lists of ${options.suite}`)
    await apt([...own, "update"])
    await apt([...own, "download", "nats-server"])
  } else {
    try {
      await apt(["download", "nats-server"])
    } catch {
      report("no package lists that name it; fetching some")
      await apt([...own, "update"])
      await apt([...own, "download", "nats-server"])
    }
  }
  const debFile = readdirSync(folder).find((name) => name.endsWith(".deb"))
  if (!debFile) throw new PoolError("apt-get downloaded nothing")
  const unpacked = join(folder, "unpacked")
  await runProgram("dpkg-deb", ["-x", debFile, unpacked], { ...options, cwd: folder })
  return join(unpacked, "usr/sbin/nats-server")
}

// Options that let apt-get work in a folder of ours, without root.
function ownLists({ folder, suite }: DebianOptions, mirror: string | undefined): string[] {
  const [lists, cache, sources] = ["lists", "cache", "sources.list"].map((it) => join(folder, it))
  mkdirSync(`${lists}/partial`, { recursive: true })
  mkdirSync(`${cache}/archives/partial`, { recursive: true })
  const settings = [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${cache}`,
    "Acquire::Languages=none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
  ]
  if (suite) {
    writeFileSync(sources as string, `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`)
    settings.push(`Dir::Etc::SourceList=${sources}`, "Dir::Etc::SourceParts=-")
  }
  return settings.flatMap((setting) => ["-o", setting])
}

/** Where this machine gets Debian's packages; all suites are there. */
async function debianMirror(options: DebianOptions): Promise<string> {
  const format = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1]
  const targets = await runProgram("apt-get", ["indextargets", "--format", format], options)
  const wanted = new RegExp(`(\\S+) ${codename} main$`, "m")
  const mirror = wanted.exec(targets)?.[1]
  if (!mirror) throw new PoolError(`apt-get knows no mirror of ${codename ?? "this system"}`)
  return mirror
}
