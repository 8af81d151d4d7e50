/**
 * Breaks a copy of src in every way of `mutants.ts` and `jobs/mutants.ts`, and looks for a schedule that shows it:
 *
 *   make mutants ARGS="[runs] [part of a folder or name] [seed]"
 *
 * Writes what came of it into the table in the README.md beside it; ends with an error if a mutant survives.
 */
import { execFile } from "node:child_process"
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import ts from "typescript"
import { MUTANTS as OF_JOBS } from "./jobs/mutants.js"
import { MUTANTS } from "./mutants.js"

const ROOT = join(import.meta.dirname, "../..")
/** More than `make test` runs of a family, with each of these seeds in turn. */
const ENOUGH = 20_000
const SEEDS = [1, 2, 3]
const HEAD =
  "| mutant | file | family | seed | found after | the shortest schedule | what it breaks |"

/** A way to break something. */
export interface Breakage {
  readonly name: string
  /** The file of src, without its ending. */
  readonly file: string
  /** What stands there; exactly once. */
  readonly was: string
  readonly is: string
  /** Where to look for it. */
  readonly family: string
}

/** What is simulated in one folder, and the ways to break it. */
export interface Field {
  readonly folder: string
  readonly mutants: readonly Breakage[]
}

export const ELECTION: Field = { folder: "test/simulation", mutants: MUTANTS }
export const JOBS: Field = { folder: "test/simulation/jobs", mutants: OF_JOBS }

/** What a search came to. */
export interface Verdict {
  readonly seed: number
  /** How many schedules it took. */
  readonly runs: number
  readonly steps: readonly string[]
  /** To the shortest schedule, for explore.ts. */
  readonly path: string
  readonly breach: string
}

type Copy = "sound" | "broken"

/** The package compiled, to be broken in many ways. */
export class Workshop {
  readonly #folder: string

  constructor() {
    mkdirSync(join(ROOT, ".tap"), { recursive: true })
    this.#folder = mkdtempSync(join(ROOT, ".tap/mutants-"))
    for (const from of ["src", "test/simulation"]) {
      const names = readdirSync(join(ROOT, from), { recursive: true, encoding: "utf8" })
      const needed = names.filter(
        (name) => /\.ts$/.test(name) && !/^(commands|dashboard)\//.test(name),
      )
      for (const name of needed)
        this.#compile("sound", `${from}/${name}`, textOf(`${from}/${name}`))
    }
  }

  /**
   * Looks for `mutant` in at most `runs` schedules; undefined if it survives. Throws if the sound code breaks a promise in
   * that schedule as well: then nothing was shown.
   */
  async hunt(
    { folder }: Field,
    mutant: Breakage,
    runs: number,
    seed: number,
  ): Promise<Verdict | undefined> {
    const explore = (copy: Copy, ...args: string[]) =>
      this.#explore(join(copy, folder, "explore.js"), mutant.family, ...args)
    cpSync(join(this.#folder, "sound"), join(this.#folder, "broken"), { recursive: true })
    this.#compile("broken", `src/${mutant.file}.ts`, broken(mutant))
    const verdict = await explore("broken", String(runs), String(seed))
    if (!verdict) return undefined
    const sound = await explore("sound", "1", String(seed), verdict.path)
    if (sound) throw new Error(`not the mutant's own, but the sound code's: ${sound.breach}`)
    return verdict
  }

  async #explore(path: string, ...args: string[]): Promise<Verdict | undefined> {
    const file = join(this.#folder, path)
    const options = { env: { ...process.env, EXPLORE_JSON: "1" }, maxBuffer: 1 << 26 }
    const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], options)
    return JSON.parse(stdout) ?? undefined
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Without a look at types: a mutant may well offend them. */
  #compile(into: string, path: string, text: string): void {
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
    const { outputText } = ts.transpileModule(text, { compilerOptions })
    const file = join(this.#folder, into, path.replace(/\.ts$/, ".js"))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, outputText)
  }
}

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8")
}

/** The text of its file with `mutant` in it. */
export function broken({ name, file, was, is }: Breakage): string {
  const parts = textOf(`src/${file}.ts`).split(was)
  if (parts.length === 2) return parts.join(is)
  throw new Error(
    `mutant "${name}": src/${file}.ts must hold its text once, and holds it ${parts.length - 1} times: ${was}`,
  )
}

function rowOf({ name, file, family }: Breakage, verdict: Verdict | undefined): string {
  const none = { seed: SEEDS.join(", "), runs: "SURVIVES", steps: [], breach: "" }
  const { seed, runs, steps, breach } = verdict ?? none
  const what = breach.replace(/ \(at [\d.]+ ms\)$/, "")
  return `| ${[name, file, family, seed, runs, steps.join(", "), what].join(" | ")} |`
}

/** The table in the README.md of a field: the row of each mutant, by its name. */
function table(field: Field): Map<string, string> {
  const rows = readFileSync(readmeOf(field), "utf8").split(HEAD)[1]?.trim().split("\n").slice(1)
  return new Map((rows ?? []).map((row) => [cellsOf(row)[0] ?? "", row]))
}

function readmeOf({ folder }: Field): string {
  return join(ROOT, folder, "README.md")
}

function cellsOf(row: string): string[] {
  return row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim())
}

/** What the table of a field tells of mutants that were found: the seed, and how soon. */
export function listed(field: Field): { name: string; seed: number; runs: number }[] {
  return [...table(field).values()]
    .map(cellsOf)
    .filter(([, , , , runs]) => Number(runs) > 0)
    .map(([name = "", , , seed, runs]) => ({ name, seed: Number(seed), runs: Number(runs) }))
}

/** Puts a row into the table, in place of that mutant's last one; rows of mutants that are no more go. */
function write(field: Field, row: string): void {
  const rows = table(field).set(cellsOf(row)[0] ?? "", row)
  const inOrder = field.mutants.flatMap(({ name }) => rows.get(name) ?? [])
  const [before] = readFileSync(readmeOf(field), "utf8").split(HEAD, 1)
  const line = HEAD.replace(/[^|]+/g, "---")
  writeFileSync(readmeOf(field), `${before}${[HEAD, line, ...inOrder].join("\n")}\n`)
}

async function main([runs, part = "", seed]: string[]): Promise<void> {
  const workshop = new Workshop()
  const seeds = seed === undefined ? SEEDS : [Number(seed)]
  try {
    for (const field of [ELECTION, JOBS]) {
      for (const mutant of field.mutants.filter(({ name }) =>
        `${field.folder}: ${name}`.includes(part),
      )) {
        let verdict: Verdict | undefined
        for (const one of seeds) {
          verdict ??= await workshop.hunt(field, mutant, Number(runs ?? ENOUGH), one)
        }
        if (!verdict) process.exitCode = 1
        const row = rowOf(mutant, verdict)
        console.log(row)
        write(field, row)
      }
    }
  } finally {
    workshop.close()
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
