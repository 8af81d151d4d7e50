import { readFileSync } from "node:fs"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import t from "tap"
import { runDashboard, wantsScreen } from "../../src/dashboard/start.js"
import { FakeSource } from "./played/fake-source.js"
import { NOON, stage, THREE } from "./stage.js"

const TTY = { isTTY: true }
const PIPE = {}

t.test("the screen needs two terminals, and nobody who asked for lines", async (t) => {
  t.ok(wantsScreen({}, TTY, TTY, { TERM: "xterm" }))
  t.notOk(wantsScreen({}, PIPE, TTY, { TERM: "xterm" }))
  t.notOk(wantsScreen({}, TTY, PIPE, { TERM: "xterm" }))
  t.notOk(wantsScreen({}, TTY, TTY, { TERM: "dumb" }))
  t.notOk(wantsScreen({}, TTY, TTY, { TERM: "xterm", INK_SCREEN_READER: "true" }))
  for (const option of ["once", "json", "plain"]) {
    t.notOk(wantsScreen({ [option]: true }, TTY, TTY, { TERM: "xterm" }), option)
  }
})

t.test("on a pipe it prints, closes the source, and gives the code", async (t) => {
  const { clock } = stage()
  const source = new FakeSource(clock, THREE)
  const stdout = new PassThrough()
  const options = { once: true, clock, stdout: stdout as unknown as NodeJS.WriteStream }
  t.equal(await runDashboard(source, { ...options, env: { LANG: "C.UTF-8" } }), 0)
  t.ok(source.isClosed)
  t.match(String(stdout.read()), /^work on nats:.*: leader a, term 1, 3 workers\n/)
  t.ok(clock.now().wallMs >= NOON)
})

t.test("a source that can't be closed is reported, not thrown", async (t) => {
  const { clock } = stage()
  const source = new FakeSource(clock, THREE)
  source.close = async () => {
    throw new Error("still draining")
  }
  const stdout = new PassThrough() as unknown as NodeJS.WriteStream
  const stderr = new PassThrough()
  t.equal(await runDashboard(source, { once: true, clock, stdout, stderr }), 0)
  t.equal(String(stderr.read()), "still draining\n")
})

t.test("importing the start file imports neither React nor Ink", async (t) => {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const visit = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, target = ""] of readFileSync(file, "utf8").matchAll(STATIC_IMPORT)) {
      if (!target.startsWith(".")) packages.add(target)
      else visit(join(file, "..", target.replace(/\.js$/, ".ts")))
    }
  }
  visit(join(import.meta.dirname, "../../src/dashboard/start.ts"))
  t.ok(seen.size > 20, "the files were found")
  t.ok(packages.has("string-width"), "and their packages")
  t.strictSame(
    [...packages].filter((name) => /^(react|ink|chalk)/.test(name)),
    [],
  )
})

const STATIC_IMPORT = /^(?:import|export)\s+(?!type\s)(?:[^"']*?\sfrom\s+)?"([^"]+)"/gm
