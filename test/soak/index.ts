/**
 * Hurts a pool for minutes, with requests all the while: real workers on one server or on three, one fault after another,
 * drawn from a seed, and a checker that runs along. In the end a report, and the whole history for a checker elsewhere.
 *
 *   make soak MINUTES=10 SERVERS=3 SEED=7
 *
 * Ctrl-C ends it with the report so far. The exit code is 1 if an invariant is broken.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import type { Test } from "tap"
import { noteClaimWrites } from "../faults/claim-writes.js"
import { fleet } from "../faults/fleet.js"
import type { Line } from "../faults/history.js"
import { judge } from "../faults/judge.js"
import { lasting } from "../faults/rounds.js"
import { routedServers } from "../faults/routes.js"
import { testServer } from "../fixtures/server.js"
import { Chance } from "../simulation/chance.js"
import { drawn, harmsOn, type Soaking } from "./harms.js"
import { operationsIn } from "./operations.js"
import { INVARIANTS, reportOf } from "./report.js"

const { MINUTES = "5", SERVERS = "1", SEED } = process.env
const FOLDER = ".pool/soak"
const [PAUSE_MS, PROGRESS_MS] = [2_000, 10_000]
/** Longer than anything that keeps the pool from answering. */
const REQUEST_MS = 60_000
const RECOVERY_MS = 90_000

const minutes = numberOf("MINUTES", MINUTES, (value) => value > 0)
const servers = numberOf("SERVERS", SERVERS, (value) => value === 1 || value === 3)
const seed = numberOf("SEED", SEED || `${Date.now() % 100_000}`, Number.isInteger)
const again = `make soak MINUTES=${minutes} SERVERS=${servers} SEED=${seed}`

function numberOf(name: string, text: string, fits: (value: number) => boolean): number {
  const value = Number(text)
  if (text !== "" && fits(value)) return value
  const expected = { MINUTES: "more than 0", SERVERS: "1 or 3", SEED: "a whole number" }[name]
  console.error(`soak: ${name}: expected ${expected}, got "${text}"`)
  process.exit(2)
}

/** As much of a test as the fixtures want: what was set up last is taken down first. */
const undo: (() => unknown)[] = []
const t = { teardown: (act: () => unknown) => undo.push(act), comment: () => {} } as unknown as Test

async function takeDown(): Promise<void> {
  for (let act = undo.pop(); act; act = undo.pop()) await act()
}

async function setUp(): Promise<Soaking> {
  const names = ["w1", "w2", "w3"]
  const pool = {
    names: [...names],
    obeys: "reading",
    asking: { each: 4, pauseMs: 60, timeoutMs: REQUEST_MS },
  } as const
  const chance = new Chance(seed)
  let last = names.length
  const make = async () => {
    if (servers === 1)
      return { fleet: await fleet(t, { ...pool, leaseMs: 2_000, server: await testServer(t) }) }
    const routed = await routedServers(t)
    const settings = { replicas: 3 }
    const it = await fleet(t, { ...pool, leaseMs: 12_000, settings, servers: routed.cluster })
    return { fleet: it, ...routed }
  }
  const made = await make()
  const join = async () => {
    last += 1
    const name = `w${last}`
    await made.fleet.start(name)
    names.push(name)
  }
  return { ...made, chance, names, join }
}

/** Resolves when somebody answers again. */
async function recovered({ fleet: it, cluster }: Soaking): Promise<void> {
  await cluster?.healthy(RECOVERY_MS)
  await it.history.next("answered")
}

const harms: string[] = []
let isOver = false
let found: readonly string[] = []
let interrupt: () => void = () => {}
const interrupted = new Promise<void>((resolve) => {
  interrupt = resolve
})
process.once("SIGINT", () => {
  isOver = true
  console.log("\ninterrupted: the report so far")
  interrupt()
})

console.log(`${again}\n`)
const it = await setUp()
noteClaimWrites((line) => it.fleet.history.write({ who: "supervisor", ...line }))
const beganMs = performance.now()
const minutesSoFar = () => (performance.now() - beganMs) / 60_000
// The fixtures have taken away what lets threads run TypeScript.
const code = `import("tsx/esm/api").then(({ register }) => {
  register()
  return import(${JSON.stringify(new URL("./checker.ts", import.meta.url).href)})
})`
const checker = new Worker(code, { eval: true, workerData: { path: it.fleet.history.path } })
checker.on("message", (breaches: readonly string[]) => {
  found = breaches
  isOver = true
})
const progress = setInterval(() => {
  const { all } = it.fleet.history
  const leads = all.findLast(({ what }) => what === "begins")
  const who = leads?.what === "begins" ? `${leads.who} leads, term ${leads.term}` : "nobody leads"
  const answers = all.reduce((sum, { what }) => sum + (what === "answered" ? 1 : 0), 0)
  const word = found.length === 0 ? "no breach" : `${found.length} BREACHES`
  const now = `${minutesSoFar().toFixed(1)} of ${minutes} min`
  console.log(
    `${now}  ${harms.length} faults, last: ${harms.at(-1) ?? "none"}  ${who}  ${answers} answered  ${word}`,
  )
}, PROGRESS_MS)

const all = harmsOn(servers)
let trouble: unknown
try {
  while (!isOver && minutesSoFar() < minutes) {
    const harm = drawn(all, it.chance)
    harms.push(harm.name)
    await Promise.race([harm.act(it).then(() => recovered(it)), interrupted])
    if (!isOver) await lasting(it.chance.next() * PAUSE_MS)
  }
  if (!isOver) await it.fleet.requesters.stop()
} catch (error) {
  trouble = error
}
clearInterval(progress)
await checker.terminate()
it.fleet.history.read()
const lines: readonly Line[] = [...it.fleet.history.all]
const verdict = judge(lines)
const isCut = isOver || trouble !== undefined
// What was cut short could not end.
const breaches = verdict.breaches.filter(
  (breach) => !isCut || !/ never (ends|fires)?$/.test(breach),
)
if (trouble) breaches.push(`no recovery: after ${harms.at(-1)}: ${String(trouble)}`)
mkdirSync(FOLDER, { recursive: true })
const [history, operations] = ["history", "operations"].map((name) =>
  join(FOLDER, `${name}-${seed}.jsonl`),
) as [string, string]
writeFileSync(history, jsonLines(lines))
writeFileSync(operations, jsonLines(operationsIn(lines)))
console.log(
  `\n${reportOf({ lines, verdict: { ...verdict, breaches }, harms, minutes: minutesSoFar() })}`,
)
console.log(`\n${operations}: each claim, renewal, release and request from call to return`)
console.log(`${history}: all that was seen; test/soak/README.md says how to read both`)
await takeDown()
const broken = INVARIANTS.filter((name) => breaches.some((breach) => breach.startsWith(`${name}:`)))
if (breaches.length > 0) console.log(`\nBROKEN; the same faults again: ${again}`)
if (process.env.TAP_ARGS) {
  // What counts the runs of tap counts these too.
  const fail = Math.max(broken.length, breaches.length > 0 ? 1 : 0)
  const pass = INVARIANTS.length - broken.length
  console.log(`# { total: ${pass + fail}, pass: ${pass}${fail > 0 ? `, fail: ${fail}` : ""} }`)
}
process.exit(breaches.length > 0 ? 1 : 0)

function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("")
}
