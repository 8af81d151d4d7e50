/**
 * Prints the tests that need no server, no process and no terminal, one path a line. What a test needs is read off what it
 * imports, itself or through other files of `test`:
 *
 *   - a module by which Node starts processes or opens ports,
 *   - `connect` of the package `nats`,
 *   - a file of `src` that imports one of these itself.
 *
 * With --rest the others are printed, and the simulation, of which a fast run does only a part; with --all every test, with
 * "fast" or why it is not. With --together those that `make test-fast` runs: a dozen of the fast ones share a process, for
 * which a file is written here, see test/fixtures/together.ts.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
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

const TOGETHER = join(ROOT, ".pool/fast")
const A_DOZEN = 12
/** Ink asks but once in a process whether there are colours, and one of these measures memory. */
const runsAlone = (path) => path.endsWith(".tsx")
const isLong = (path) => path.includes("/simulation/")

/** The same tests in fewer files, what runs long first. */
function together(paths) {
  const others = paths.filter((path) => !runsAlone(path))
  const inOrder = [...others.filter(isLong), ...others.filter((path) => !isLong(path))]
  rmSync(TOGETHER, { recursive: true, force: true })
  mkdirSync(TOGETHER, { recursive: true })
  const files = []
  for (let n = 0; n < inOrder.length; n += A_DOZEN) {
    const dozen = inOrder.slice(n, n + A_DOZEN)
    const file = join(
      TOGETHER,
      `from-${dozen[0].replace(/\.test\.ts$/, "").replaceAll("/", "-")}.mjs`,
    )
    const lines = [
      `import { together } from "../../test/fixtures/together.ts"`,
      `await together(${JSON.stringify(dozen, null, 2)})`,
    ]
    writeFileSync(file, `${lines.join("\n")}\n`)
    files.push(relative(ROOT, file))
  }
  return [...files, ...paths.filter(runsAlone)]
}

const tests = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.test\.tsx?$/.test(name))
  .sort()
  .map((name) => {
    const file = join(TESTS, name)
    return { path: relative(ROOT, file), need: needOf(file) }
  })
const fast = tests.filter(({ need }) => !need).map(({ path }) => path)
const rest = tests.filter(({ path, need }) => need || path.includes("/simulation/"))
const lines = {
  "--all": () => tests.map(({ path, need }) => `${path}: ${need ?? "fast"}`),
  "--rest": () => rest.map(({ path }) => path),
  "--together": () => together(fast),
}
console.log((lines[process.argv[2]]?.() ?? fast).join("\n"))
