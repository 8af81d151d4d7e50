/**
 * Prints the tests that need no server, no process and no terminal, one path a line: those that `make test-fast` runs.
 * What a test needs is read off what it imports, itself or through other files of `test`:
 *
 *   - a module by which Node starts processes or opens ports,
 *   - `connect` of the package `nats`,
 *   - a file of `src` that imports one of these itself.
 *
 * With --rest the others are printed, and the simulation, of which a fast run does only a part; with --all every test, with
 * "fast" or why it is not.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"

const ROOT = resolve(import.meta.dirname, "..")
const TESTS = join(ROOT, "test")
const STARTING = /^node:(child_process|cluster|dgram|http|http2|https|net|tls)$|^piscina$/
const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(?!type\b)([^"'()]*?from\s*)?["']([^"']+)["']/g
const LOADED = /(?:import\(|new URL\()\s*["']([^"']+)["']/g

/** What a file imports, types left out: each as it is written, and with which names. */
function importsOf(file) {
  const text = readFileSync(file, "utf8")
  const imported = [...text.matchAll(IMPORT)].map(([, names = "", from]) => ({ names, from }))
  const loaded = [...text.matchAll(LOADED)].map(([, from]) => ({ names: "", from }))
  return [...imported, ...loaded].filter(({ names }) => !/^\{\s*(type \w+,?\s*)+\}/.test(names))
}

/** The file that a relative import names; undefined for a package, or for what is no source. */
function fileOf(from, by) {
  if (!from.startsWith(".")) return undefined
  const path = resolve(dirname(by), from)
  const written = [path, path.replace(/\.js$/, ".ts"), path.replace(/\.js$/, ".tsx")]
  return written.find((one) => /\.(ts|tsx|js|mjs)$/.test(one) && existsSync(one))
}

const isOfTests = (file) => !relative(TESTS, file).startsWith("..")

/** By which import this file starts something; undefined if by none. */
function startsBy(file) {
  const found = importsOf(file).find(
    ({ names, from }) => STARTING.test(from) || (from === "nats" && /\bconnect\b/.test(names)),
  )
  return found && `${relative(ROOT, file)} imports ${found.from}`
}

const known = new Map()

/** Why a test that imports this file is not fast; undefined if it is. */
function needOf(file) {
  if (known.has(file)) return known.get(file)
  // Those that import each other in a circle end here.
  known.set(file, undefined)
  let need = startsBy(file)
  if (isOfTests(file)) {
    for (const { from } of importsOf(file)) {
      const imported = fileOf(from, file)
      need ??= imported && needOf(imported)
    }
  }
  known.set(file, need)
  return need
}

const tests = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.test\.tsx?$/.test(name))
  .sort()
for (const name of tests) {
  const file = join(TESTS, name)
  const need = needOf(file)
  const path = relative(ROOT, file)
  if (process.argv.includes("--all")) console.log(`${path}: ${need ?? "fast"}`)
  else if (process.argv.includes("--rest")) {
    if (need || path.includes("/simulation/")) console.log(path)
  } else if (!need) console.log(path)
}
