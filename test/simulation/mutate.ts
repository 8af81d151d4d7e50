/**
 * Breaks a copy of src in every way of `mutants.ts`, and looks for a schedule that shows it:
 *
 *   node --import=@tapjs/typescript/import test/simulation/mutate.ts [runs] [part of a name] [seed]
 *
 * Prints the rows of the table in README.md; ends with an error if a mutant survives.
 */
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import ts from "typescript"
import { MUTANTS, type Mutant } from "./mutants.js"

const ROOT = join(import.meta.dirname, "../..")
const ENOUGH = 20_000

/** What a search came to. */
export interface Verdict {
  readonly seed: number
  /** How many schedules it took. */
  readonly runs: number
  readonly steps: readonly string[]
  readonly breach: string
}

/** Looks for `mutant` in at most `runs` schedules; undefined if it survives. */
export async function hunt(
  mutant: Mutant,
  runs: number,
  seed?: number,
): Promise<Verdict | undefined> {
  mkdirSync(join(ROOT, ".tap"), { recursive: true })
  const folder = mkdtempSync(join(ROOT, ".tap/mutant-"))
  try {
    for (const from of ["src", "test/simulation"]) compile(from, folder, mutant)
    const explore = join(folder, "test/simulation/explore.js")
    const args = [
      explore,
      mutant.family,
      String(runs),
      ...(seed === undefined ? [] : [String(seed)]),
    ]
    const env = { ...process.env, EXPLORE_JSON: "1" }
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env,
      maxBuffer: 1 << 26,
    })
    return JSON.parse(stdout) ?? undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Compiles a folder of the package into `folder`, without a look at types: a mutant may well offend them. */
function compile(from: string, folder: string, mutant: Mutant): void {
  mkdirSync(join(folder, from), { recursive: true })
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  const names = readdirSync(join(ROOT, from)).filter((name) => /^[\w-]+\.ts$/.test(name))
  for (const name of names) {
    const text = readFileSync(join(ROOT, from, name), "utf8")
    const isIt = from === "src" && name === `${mutant.file}.ts`
    const { outputText } = ts.transpileModule(isIt ? broken(text, mutant) : text, {
      compilerOptions,
    })
    writeFileSync(join(folder, from, name.replace(/\.ts$/, ".js")), outputText)
  }
}

function broken(text: string, { name, was, is }: Mutant): string {
  const parts = text.split(was)
  if (parts.length === 2) return parts.join(is)
  throw new Error(`mutant "${name}": found ${parts.length - 1} times: ${was}`)
}

async function main([runs, part = "", seed]: string[]): Promise<void> {
  for (const mutant of MUTANTS.filter(({ name }) => name.includes(part))) {
    const verdict = await hunt(mutant, Number(runs ?? ENOUGH), seed ? Number(seed) : undefined)
    if (!verdict) process.exitCode = 1
    const how = verdict
      ? `${mutant.family} | ${verdict.seed} | ${verdict.runs} | ${verdict.steps.join(", ")} | ${verdict.breach}`
      : `${mutant.family} | | | | SURVIVES`
    console.log(`| ${mutant.name} | ${how} |`)
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
