/**
 * What `pool` runs, in few files: Node finds, reads and links each file by itself, which took longer than all else that
 * a command does. After the compiler: dist/cli.js anew, and dist/bin with what it loads, the packages it uses included,
 * each command's own part apart. Names and lines stay, for stacks to be read. What a program imports from this package
 * is what the compiler made, with packages as they are installed.
 */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"

const FOLDER_OF_PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/
/** Packages of the older kind ask for Node's own by require, which a file of the newer kind has not. */
const REQUIRE = `import { createRequire } from "node:module"
const require = createRequire(import.meta.url)`

/** Bundles what begins with `entryPoints`, and returns the folders of the packages in it. */
async function bundle(entryPoints) {
  const { metafile } = await build({
    entryPoints,
    outdir: "dist",
    chunkNames: "bin/[name]-[hash]",
    ...{ bundle: true, splitting: true, platform: "node", target: "node20", format: "esm" },
    // React and Ink have what developers of theirs need besides.
    define: { "process.env.NODE_ENV": '"production"', "process.env.DEV": '"false"' },
    // It begins each thread with a file of its own; and Ink's tools for developers are never asked for.
    external: ["piscina", "react-devtools-core"],
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: "warning",
  })
  const folders = Object.keys(metafile.inputs).map((path) => FOLDER_OF_PACKAGE.exec(path)?.[0])
  return folders.filter(Boolean)
}

rmSync("dist/bin", { recursive: true, force: true })
// One by one: each part that some of both have in common would be a file of its own.
const packages = new Set([
  ...(await bundle({ "bin/worker-main": "src/supervision/worker-main.ts" })),
  ...(await bundle({ cli: "src/cli.ts" })),
])
chmodSync("dist/cli.js", 0o755)

const licences = [...packages].toSorted().map(licenceOf)
writeFileSync("dist/bin/LICENSES.txt", licences.join(`\n${"-".repeat(80)}\n\n`))

/** Each may be passed on only with its licence. */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file))
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim())
  return [`${name} ${version}: ${license}`, ...texts, ""].join("\n\n")
}
