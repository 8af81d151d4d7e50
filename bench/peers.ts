/** Packages to be compared with, each in a folder of its own below `.pool/peers`, for nothing of the product needs them. */
import { execFile } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"

const FOLDER = join(import.meta.dirname, "../.pool/peers")
const LONGEST_MS = 120_000

/** Fetches them, unless they are there already; returns the folder, from whose `package.json` they can be required. */
export async function fetchPeer(
  name: string,
  versions: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(FOLDER, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: versions }))
  const args = ["install", "--no-fund", "--no-audit", "--no-package-lock", "--prefer-offline"]
  await promisify(execFile)("npm", args, { cwd: folder, timeout: LONGEST_MS })
  return folder
}
