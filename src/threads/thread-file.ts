/**
 * Where the file is that each thread begins with: beside this one; or, in a program whose bundler has put all into one
 * file, where the program says, or in the package that is installed as well.
 */
import { existsSync } from "node:fs"
// Not by the names of its functions: what people put before a bundle of theirs declares them too.
import nodeModules from "node:module"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { BadInput } from "../errors/errors.js"

/** The name under which the package exports it. */
const EXPORTED = "service-pool-leader/thread"

/** Its URL; `given` is a path that the program named. Throws BadInput if there is no such file. */
export function threadFileOf(given?: string): string {
  if (given !== undefined) {
    const file = resolve(given)
    if (!existsSync(file)) throw new BadInput("threadFile", "the path of a file", given)
    return pathToFileURL(file).href
  }
  // Undefined in a bundle of the older kind of modules.
  const here = import.meta.url as string | undefined
  if (here !== undefined && /\/thread-file\.[jt]s$/.test(here)) {
    return new URL("./thread.js", here).href
  }
  const installed = resolved(here ?? join(process.cwd(), "_"))
  if (installed !== undefined) return pathToFileURL(installed).href
  const expected = `the path of the file that is ${EXPORTED}, for this program is bundled (or leave the package out of the bundle)`
  throw new BadInput("threadFile", expected, undefined)
}

function resolved(from: string): string | undefined {
  try {
    return nodeModules.createRequire(from).resolve(EXPORTED)
  } catch {
    return undefined
  }
}
