import { readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join, relative } from "node:path"
import t from "tap"

/**
 * The house, from the ground up: each folder of src, and what it may import: the folders named here, what those may
 * import, and itself. A folder is below all that stand after it.
 */
const FOLDERS: Readonly<Record<string, string>> = {
  errors: "",
  time: "errors",
  options: "errors",
  contracts: "time",
  lease: "time",
  encoding: "errors",
  protocol: "contracts lease encoding",
  "jobs/contract": "options protocol",
  "jobs/give-back": "jobs/contract",
  cron: "jobs/contract",
  inbox: "protocol",
  election: "protocol",
  membership: "protocol",
  strategies: "options election membership",
  coordinator: "strategies",
  history: "coordinator",
  "nats-context": "options contracts encoding",
  nats: "nats-context",
  jetstream: "inbox nats",
  "jobs/store": "jobs/contract jetstream",
  work: "cron",
  discovery: "work",
  observe: "discovery",
  "jobs/worker": "jobs/give-back work",
  jobs: "jobs/store jobs/give-back",
  backend: "history jetstream observe jobs",
  client: "backend",
  member: "history jetstream discovery",
  threads: "work",
  worker: "backend cron member jobs/worker",
  programs: "contracts",
  "nats-server": "nats programs",
  "server-cluster": "nats-server",
  logging: "errors",
  supervision: "threads worker programs logging",
  operator: "client",
  doctor: "operator cron",
  "dashboard/drawing": "",
  "dashboard/jobs": "jobs/contract",
  "dashboard/world": "strategies dashboard/drawing dashboard/jobs",
  "dashboard/keys": "dashboard/world",
  "dashboard/state": "dashboard/keys",
  "dashboard/panels": "dashboard/state",
  "dashboard/panels/jobs": "dashboard/panels",
  "dashboard/screen": "dashboard/panels/jobs",
  dashboard: "supervision operator dashboard/screen",
  "commands/flags": "supervision",
  "commands/terminal": "logging dashboard/drawing",
  "commands/completion": "",
  "commands/jobs": "operator commands/flags commands/terminal",
  commands: "doctor server-cluster dashboard commands/flags commands/terminal",
  "commands/usage": "commands",
  "commands/usage/jobs": "commands/jobs",
  "": "commands/completion commands/usage commands/usage/jobs",
}

/** What decides and computes: no NATS, no process, no package, no clock of its own. */
const PURE = [
  ...["errors/", "time/", "contracts/", "lease/", "encoding/", "protocol/", "election/"],
  ...[
    "strategies/strategy",
    "strategies/built-in-strategies",
    "strategies/ranking",
    "jobs/contract/",
  ],
  ...["work/job", "work/tally", "client/request-attempts", "member/restarts", "history/records"],
  ...["observe/health", "observe/leader-watch", "observe/durations", "observe/http-address"],
  ...["supervision/free-name"],
]
/** Where the outside begins all the same: the machine's clock, and the headers of the client library. */
const IMPURE = [
  ...[
    "time/system-clock",
    "time/turns",
    "time/virtual-clock",
    "contracts/callbacks",
    "contracts/safe-call",
    "contracts/unawaited",
  ],
  ...["encoding/headers", "protocol/reply", "jobs/contract/job-record", "jobs/contract/outcome"],
]

const LONGEST_FILE = 250
const NAMES = Object.keys(FOLDERS)
const ROOT = join(import.meta.dirname, "..")
const SRC = join(ROOT, "src")
/** Tests that are of no folder of src, and what they all use. */
const TEST_FOLDERS = ["bench", "faults", "fixtures", "simulation", "soak", "dashboard/pictures"]

interface SourceFile {
  /** Path below src without its ending: `commands/server`. */
  readonly name: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
}

interface Import {
  /** A file of src, by its name; or a package. */
  readonly target: string
  readonly isOurs: boolean
  readonly isTypeOnly: boolean
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path))
  .map(read)
const byName = new Map(files.map((file) => [file.name, file]))

t.test("every file of src is in a folder of the table, and every folder has files", async (t) => {
  const used = new Set(files.map(({ name }) => folderOf(name)))
  t.strictSame([...used].toSorted(), NAMES.toSorted())
})

t.test("the page of the architecture has this table, and names files that are there", async (t) => {
  const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8")
  const rows = [...page.matchAll(/^\| `([\w/-]+)` \| [^|]+ \| ([\w/ -]*) \|$/gm)]
  const told = rows.map(([, folder, may]) => [folder === "src" ? "" : folder, may])
  t.strictSame(
    told,
    Object.entries(FOLDERS).map(([folder, may]) => [folder, may || "-"]),
  )
  const paths = [...page.matchAll(/`([\w-]+(?:\/[\w-]+)+)`/g)].map(([, path]) => path as string)
  const isKnown = (path: string) => byName.has(path) || NAMES.includes(path)
  t.strictSame(
    paths.filter((path) => !isKnown(path)),
    [],
  )
})

t.test("the page counts the files of each way as it names them", async (t) => {
  const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8")
  const ways = [...page.matchAll(/^\*\*([^*]+)\*\*, (\d+) files([\s\S]*?)\n\n/gm)]
  const told = new Map(ways.map(([, way, count]) => [way, Number(count)]))
  const named = new Map(
    ways.map(([, way, , text = ""]) => [
      way,
      new Set(text.match(/(?<=`)[\w-]+\/[\w-]+(?=`)/g)).size,
    ]),
  )
  // A tracked request is told by what is not as in a simple one: the file that it has in place of others.
  const simple = named.get("A simple request") ?? 0
  named.set("A tracked request", simple - 1 + (named.get("A tracked request") ?? 0))
  t.equal(told.size, 4)
  t.strictSame(named, told)
})

t.test("the folders are in one order: each may import only from those before it", async (t) => {
  const later = NAMES.flatMap((name, place) =>
    named(name)
      .filter((other) => !NAMES.slice(0, place).includes(other))
      .map((other) => `${name}: ${other}`),
  )
  t.strictSame(later, [])
})

t.test("a file imports only from its own folder and from those that this may import", async (t) => {
  t.strictSame(forbidden(files), [])
})

t.test("no file imports itself by way of others", async (t) => {
  const circles = files.filter((file) => reachableFrom(file.name).has(file.name))
  t.strictSame(namesOf(circles), [])
})

t.test("a folder is read in one go: it holds a dozen files at most", async (t) => {
  const counts = NAMES.map((name) => files.filter((file) => folderOf(file.name) === name).length)
  t.strictSame(
    NAMES.filter((_, n) => (counts[n] ?? 0) > 12),
    [],
  )
})

t.test("a test stands in the folder of what it tests", async (t) => {
  const tests = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.test\.tsx?$/.test(path))
    .map((path) => path.replace(/\.test\.tsx?$/, ""))
    .filter((name) => !TEST_FOLDERS.some((folder) => name.startsWith(`${folder}/`)))
  t.strictSame(
    tests.filter((name) => !NAMES.includes(folderOf(name))),
    [],
    "its folder is one of src",
  )
  const homes = new Set(files.map(({ name }) => basename(name)))
  t.strictSame(
    tests.filter((name) => homes.has(basename(name)) && !byName.has(name)),
    [],
    "and has a file of that name, if any has",
  )
})

t.test("what is pure knows no NATS, no process and no package, but for types", async (t) => {
  const foreign = pure().flatMap((file) =>
    file.imports
      .filter((it) => !it.isOurs && !(it.isTypeOnly && it.target === "nats"))
      // It computes, and does nothing else.
      .filter((it) => it.target !== "node:util")
      .map((it) => `${file.name} imports ${it.target}`),
  )
  t.strictSame(foreign, [])
})

t.test("what is pure takes time as an argument", async (t) => {
  const clocks =
    /\b(setTimeout|setInterval|setImmediate|Date\.now|new Date\(\)|performance\.now|process\.[a-z])/
  t.strictSame(namesOf(pure().filter((file) => clocks.test(withoutComments(file.text)))), [])
})

t.test("only the dashboard imports React or Ink", async (t) => {
  const screens = files.filter((file) =>
    file.imports.some((it) => /^(react|ink)([-/]|$)/.test(it.target)),
  )
  t.strictSame(namesOf(screens.filter((file) => !file.name.startsWith("dashboard/"))), [])
})

t.test("the services know nothing of the election", async (t) => {
  for (const name of [
    "work/simple-work",
    "work/tracked-work",
    "work/handler",
    "member/take-orders",
  ]) {
    const known = [...reachableFrom(name)]
    t.strictSame(
      known.filter((it) =>
        /^(election|coordinator|jetstream|membership)\/|^contracts\/bucket$/.test(it),
      ),
      [],
      name,
    )
  }
})

t.test("only the coordinator runs the election", async (t) => {
  const runs = files.filter((file) => file.imports.some((it) => it.target === "election/election"))
  t.strictSame(namesOf(runs), ["coordinator/coordinator"])
})

t.test(
  "only the command line reads argv, and only what runs as a process sets its exit code",
  async (t) => {
    const using = (words: RegExp) => files.filter((file) => words.test(withoutComments(file.text)))
    t.strictSame(
      namesOf(using(/process\.argv/)).filter((name) => name !== "cli"),
      [],
    )
    const processes = ["cli", "supervision/worker-main"]
    const libraries = using(/process\.exit/).filter(
      ({ name }) => !processes.includes(name) && !name.startsWith("commands/"),
    )
    t.strictSame(namesOf(libraries), [])
  },
)

t.test("there is one way to listen, from which nothing escapes", async (t) => {
  const listening = files.filter(({ text }) => /\.subscribe\(/.test(text))
  // The probe listens in order to be refused, a request in memory for its answer; a process of the demo is a bus to its
  // worker; the last one is of a store.
  const own = [
    "protocol/listening",
    "doctor/probe",
    "backend/memory-connection",
    "dashboard/demo-process",
    "dashboard/screen/run-plain",
  ]
  t.strictSame(namesOf(listening).toSorted(), own.toSorted())
})

t.test(`no file of src is longer than ${LONGEST_FILE} lines`, async (t) => {
  const long = files.filter((file) => file.lines > LONGEST_FILE)
  t.strictSame(
    long.map((file) => `${file.name}: ${file.lines}`),
    [],
  )
})

t.test("the rule would notice an import that goes up, and one that is not allowed", async (t) => {
  const lease = byName.get("lease/lease") as SourceFile
  const text = `import { x } from "../worker/worker.js"\nexport * from "../errors/errors.js"`
  t.strictSame(forbidden([{ ...lease, imports: importsIn(text, "lease/lease") }]), [
    "lease/lease imports worker/worker",
  ])
  t.ok(byName.has("time/clock") && byName.has("worker/worker"), "there are such files")
})

function read(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), "utf8")
  const lines = text.split("\n").length - 1
  return { name: path.replace(/\.tsx?$/, ""), text, lines, imports: importsIn(text, path) }
}

/** "" for what stands in src itself. */
function folderOf(name: string): string {
  const folder = dirname(name)
  return folder === "." ? "" : folder
}

function named(folder: string): string[] {
  return (FOLDERS[folder] ?? "").split(" ").filter(Boolean)
}

/** The folders that `folder` may import from. */
function allowed(folder: string): Set<string> {
  return new Set([folder, ...named(folder).flatMap((other) => [...allowed(other)])])
}

function importsIn(text: string, path: string): Import[] {
  const statements =
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[\w*{][^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g
  return [...withoutComments(text).matchAll(statements)].map((found) => {
    const target = (found[2] ?? found[3]) as string
    const isOurs = target.startsWith(".")
    const ours = relative(SRC, join(SRC, path, "..", target)).replace(/\.jsx?$/, "")
    return { target: isOurs ? ours : target, isOurs, isTypeOnly: found[1] !== undefined }
  })
}

function forbidden(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const may = allowed(folderOf(file.name))
    return file.imports
      .filter((it) => it.isOurs && !may.has(folderOf(it.target)))
      .map((it) => `${file.name} imports ${it.target}`)
  })
}

function reachableFrom(name: string, seen = new Set<string>()): Set<string> {
  for (const it of byName.get(name)?.imports ?? []) {
    if (it.isOurs && !seen.has(it.target)) {
      seen.add(it.target)
      reachableFrom(it.target, seen)
    }
  }
  return seen
}

function pure(): SourceFile[] {
  return files.filter(
    ({ name }) =>
      !IMPURE.includes(name) &&
      PURE.some((it) => (it.endsWith("/") ? name.startsWith(it) : name === it)),
  )
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1")
}

function namesOf(files: readonly SourceFile[]): string[] {
  return files.map((file) => file.name)
}
