import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import t from "tap"

/**
 * The house, from the ground up: a file imports only from its own row or from rows below it. A new file
 * must be put in a row here; `folder/*` stands for all files of a folder.
 */
const ROWS: Record<string, readonly string[]> = {
  pure: [
    ...["bucket", "bus", "claim", "claiming", "client-errors", "clock", "computed-signal"],
    ...["condition", "config"],
    ...["connection-errors", "durations", "election", "election-words", "errors", "fence-errors"],
    ...["following", "free-name", "history", "holding", "http-address", "http-errors", "job"],
    ...[
      "json",
      "last-lead",
      "leader-news",
      "leadership",
      "lease",
      "lossless-json",
      "member",
      "meter",
    ],
    ...["names", "nats-errors", "known-options", "nearest-word", "orders", "outlook", "pace"],
    ...["payload", "pending-request", "promised", "ranking", "restarts", "server-errors"],
    ...["strategies", "subject", "succession", "tally", "thrown", "troubles", "within"],
    ...["work-errors", "server-version"],
  ],
  coordinator: [
    ...[
      "announcements",
      "answer",
      "asker",
      "bucket-flaws",
      "built-in-handlers",
      "checked",
      "chronicler",
    ],
    ...["claim-desk", "control", "coordinator", "coordinator-options", "deeds", "discovery"],
    ...["doubts", "eviction"],
    ...["hand-on", "handler", "headers", "history-stream", "kv-bucket", "kv-watch", "line-watch"],
    ...["listening", "quietly", "unawaited"],
    ...["load-strategy", "membership", "memory-bucket", "memory-bus", "memory-connection"],
    ...[
      "neighbours",
      "order-sender",
      "package-version",
      "parcel",
      "pool-view",
      "preemption",
      "reign-news",
    ],
    ...[
      "reigning",
      "reply",
      "request",
      "requests",
      "entries",
      "roster",
      "seat",
      "service",
      "setback",
    ],
    ...[
      "simple-work",
      "server-clock",
      "terms",
      "kv-anew",
      "system-clock",
      "tracked-work",
      "tracked-seat",
      "connection-watch",
    ],
  ],
  worker: [
    ...["backend", "callbacks", "pool-place"],
    ...["client", "command-seat", "command-warden", "connection", "credentials", "crew"],
    ...["doctor", "doctor-terms", "download", "fence", "fetch-debian", "fetch-go", "fetch-release"],
    ...["fetch-server", "find-member", "find-server", "greeting", "ground", "histogram"],
    ...["environment", "home", "hurried-clock", "join-options", "lifeline", "limits"],
    ...["local-pools", "local-server"],
    ...["log", "loop-watch", "machine-weight", "member-run", "metrics", "nats-context"],
    ...["nats-server", "obey", "order-outcome", "permissions", "pool-watch", "probe"],
    ...["process-group", "process-words", "refusal", "rehearsal", "respawn", "run-options"],
    ...["connection-troubles", "failed-write", "finding", "run-program", "runs"],
    ...["secret", "server-address", "services", "status-server", "supervisor", "thread"],
    ...["thread-file", "thread-words", "threads", "tls-settings", "worker"],
    ...["worker-process"],
    ...["open-pool", "server-wait", "start-process", "worker-events"],
  ],
  top: ["cli", "commands/*", "dashboard/*", "index"],
}

const LONGEST_FILE = 250
const ROW_NAMES = Object.keys(ROWS)
const SRC = join(import.meta.dirname, "../src")

interface SourceFile {
  /** Path below src without its ending: `commands/server`. */
  readonly name: string
  readonly row: string | undefined
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

t.test("every file of src is in a row", async (t) => {
  t.ok(files.length > 10, "src was read")
  t.strictSame(namesOf(files.filter((file) => !file.row)), [])
})

t.test("no file is in two rows", async (t) => {
  const all = Object.values(ROWS).flat()
  t.strictSame(all.toSorted(), [...new Set(all)].toSorted())
})

t.test("a file imports only from its own row or from rows below it", async (t) => {
  t.strictSame(upward(files), [])
})

t.test("no file imports itself by way of others", async (t) => {
  const circles = files.filter((file) => reachableFrom(file.name).has(file.name))
  t.strictSame(namesOf(circles), [])
})

t.test("the pure row knows no NATS, no process and no package, but for types", async (t) => {
  const foreign = pure().flatMap((file) =>
    file.imports
      .filter((it) => !it.isOurs && !(it.isTypeOnly && it.target === "nats"))
      // It computes, and does nothing else.
      .filter((it) => it.target !== "node:util")
      .map((it) => `${file.name} imports ${it.target}`),
  )
  t.strictSame(foreign, [])
})

t.test("the pure row takes time as an argument", async (t) => {
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
  for (const name of ["simple-work", "tracked-work", "handler", "control"]) {
    const known = reachableFrom(name)
    t.strictSame(
      ["election", "holding", "outlook", "coordinator", "bucket", "kv-bucket"].filter((it) =>
        known.has(it),
      ),
      [],
      name,
    )
  }
})

t.test("only the coordinator joins the election and the bucket", async (t) => {
  const joins = (file: SourceFile) =>
    ["election", "bucket"].every((name) => file.imports.some((it) => it.target === name))
  t.strictSame(namesOf(files.filter((file) => joins(file) && file.name !== "coordinator")), [])
})

t.test(
  "only the command line reads argv, and only what runs as a process sets its exit code",
  async (t) => {
    const using = (words: RegExp) => files.filter((file) => words.test(withoutComments(file.text)))
    t.strictSame(
      namesOf(using(/process\.argv/)).filter((name) => name !== "cli"),
      [],
    )
    const libraries = using(/process\.exit/).filter(
      ({ name }) => name !== "cli" && name !== "worker-process" && !name.startsWith("commands/"),
    )
    t.strictSame(namesOf(libraries), [])
  },
)

t.test(`no file of src is longer than ${LONGEST_FILE} lines`, async (t) => {
  const long = files.filter((file) => file.lines > LONGEST_FILE)
  t.strictSame(
    long.map((file) => `${file.name}: ${file.lines}`),
    [],
  )
})

t.test("the rule would notice an import that goes up", async (t) => {
  const bad = { ...byName.get("lease"), name: "lease", row: "pure" } as SourceFile
  const imports = importsIn(`import { x } from "./worker.js"\nexport * from "./client.js"`, "lease")
  t.strictSame(upward([{ ...bad, imports }]), [
    "lease (pure) imports worker (worker)",
    "lease (pure) imports client (worker)",
  ])
})

function read(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), "utf8")
  const name = path.replace(/\.tsx?$/, "")
  const lines = text.split("\n").length - 1
  return { name, row: rowOf(name), text, lines, imports: importsIn(text, path) }
}

function rowOf(name: string): string | undefined {
  const isIn = (row: string) =>
    ROWS[row]?.some((it) => (it.endsWith("/*") ? name.startsWith(it.slice(0, -1)) : it === name))
  return ROW_NAMES.find(isIn)
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

function upward(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter((it) => it.isOurs && level(rowOf(it.target)) > level(file.row))
      .map((it) => `${file.name} (${file.row}) imports ${it.target} (${rowOf(it.target)})`),
  )
}

function level(row: string | undefined): number {
  return row === undefined ? 0 : ROW_NAMES.indexOf(row)
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
  return files.filter((file) => file.row === "pure")
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1")
}

function namesOf(files: readonly SourceFile[]): string[] {
  return files.map((file) => file.name)
}

t.test("there is one way to listen, from which nothing escapes", async (t) => {
  const listening = files.filter(({ text }) => /\.subscribe\(/.test(text))
  // The probe listens in order to be refused, a request in memory for its answer; the last one is of a store.
  const own = ["listening", "probe", "memory-connection", "dashboard/run-plain"]
  t.strictSame(namesOf(listening).toSorted(), own.toSorted())
})
