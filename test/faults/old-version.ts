/** An earlier version of this package, built from its commit into a temporary folder: for pools of both. */
import { execFileSync } from "node:child_process"
import { readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Test } from "tap"
import { reasonOf } from "../../src/errors/thrown.js"
import { tempFolder } from "../fixtures/folder.js"

const ROOT = join(import.meta.dirname, "../..")
/** All that its build reads. */
const PARTS = ["src", "package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"]

/** Why `commit` can't be built here; false if it can. For `skip` of a test. */
export function withoutCommit(commit: string): string | false {
  try {
    git("cat-file", "-e", `${commit}^{commit}`)
    return false
  } catch {
    return `commit ${commit} is not in this clone; git fetch --unshallow brings it`
  }
}

/** The path of its `pool`, or why there is none. It has the packages of this folder if they are those that it asks for. */
export function oldVersion(t: Test, commit: string): { cli: string } | { skip: string } {
  const folder = tempFolder(t)
  const archive = join(folder, "source.tar")
  writeFileSync(archive, git("archive", commit, ...PARTS))
  execFileSync("tar", ["-xf", archive, "-C", folder])
  if (hasItsPackages(folder)) symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"))
  else {
    try {
      const args = ["ci", "--no-fund", "--no-audit", "--include=dev"]
      execFileSync("npm", args, { cwd: folder, stdio: "pipe" })
    } catch (error) {
      return { skip: `the packages of ${commit} can't be installed: ${reasonOf(error)}` }
    }
  }
  const tsc = join(folder, "node_modules/typescript/bin/tsc")
  const args = [tsc, "-p", "tsconfig.build.json", "--noCheck"]
  execFileSync(process.execPath, args, { cwd: folder, stdio: ["ignore", 2, 2] })
  return { cli: join(folder, "dist/cli.js") }
}

function git(...args: string[]): Buffer {
  const most = 256 * 1024 * 1024
  return execFileSync("git", args, {
    cwd: ROOT,
    maxBuffer: most,
    stdio: ["ignore", "pipe", "pipe"],
  })
}

/** Whether this version asks for all that it asks for, in the same versions. */
function hasItsPackages(folder: string): boolean {
  const [its, own] = [folder, ROOT].map(packagesIn) as [Packages, Packages]
  return Object.entries(its).every(([name, version]) => own[name] === version)
}

type Packages = Readonly<Record<string, string>>

function packagesIn(folder: string): Packages {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  )
  return { ...dependencies, typescript: devDependencies.typescript }
}
