import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t, { type Test } from "tap"
import type { Leadership } from "../../src/lease/leadership.js"
import { handlersIn, loadHandlers } from "../../src/work/handler.js"
import type { Job } from "../../src/work/job.js"
import { tempFolder } from "../fixtures/folder.js"
import { HOSTILE } from "../fixtures/hostile.js"

/** Writes a module and loads it; says in one line why it was refused. */
async function load(t: Test, text: string, name = "handler.mjs") {
  const folder = tempFolder(t)
  writeFileSync(join(folder, name), text)
  return loadHandlers(name, folder)
}

async function refusal(t: Test, text: string, name?: string): Promise<string> {
  const error = await load(t, text, name).then(
    () => t.fail("it was loaded"),
    (error) => error,
  )
  t.match(error, { name: "BadHandler", code: "bad-handler", path: name ?? "handler.mjs" })
  t.notMatch(error.message, "\n")
  return error.problem
}

const job = { text: () => "10" } as Job
const leadership = { term: 7 } as Leadership

t.test("handlers are exported by name", async (t) => {
  const { work, leaderWork, lead } = await load(
    t,
    `export const work = (job) => job.text()
     export async function leaderWork(job, { term }) { return job.text() + term }
     export function lead({ term }) { return term }
     export const other = 1`,
  )
  t.equal(work?.(job), "10")
  t.equal(await leaderWork?.(job, leadership), "107")
  t.equal(lead?.(leadership), 7)
})

t.test("one of them is enough, and the others are absent", async (t) => {
  for (const name of ["work", "leaderWork", "lead"]) {
    t.strictSame(Object.keys(await load(t, `export function ${name}() {}`)), [name])
  }
})

t.test("jobs and cron are lists, with what joins to look into them", async (t) => {
  const lists = "export const jobs = { send() {} }; export const cron = { tick: { at: '@daily' } }"
  t.strictSame(Object.keys(await load(t, lists)), ["jobs", "cron"])
  t.strictSame(Object.keys(await load(t, "export const cron = {}")), ["cron"])
  const problem = "its export cron is of type string, not an object"
  t.equal(await refusal(t, "export const cron = '@daily'"), problem)
})

t.test("a default export may hold them, and keeps its this", async (t) => {
  const object = await load(t, "export default { answer: 10, work() { return this.answer } }")
  t.equal(object.work?.(job), 10)
  const instance = await load(
    t,
    "class Worker { answer = 10; work() { return this.answer } }; export default new Worker()",
  )
  t.equal(instance.work?.(job), 10)
  const common = await load(t, "module.exports = { work: () => 10 }", "handler.cjs")
  t.equal(common.work?.(job), 10)
})

t.test("a path is relative to the folder given, or absolute", async (t) => {
  const folder = tempFolder(t)
  mkdirSync(join(folder, "a b"))
  writeFileSync(join(folder, "a b", "x#1.mjs"), "export const work = () => 10")
  t.ok((await loadHandlers("./a b/x#1.mjs", folder)).work)
  t.ok((await loadHandlers(join(folder, "a b", "x#1.mjs"))).work)
})

t.test("what can't be used is refused in one line", async (t) => {
  t.equal(await refusal(t, ""), "it exports nothing")
  t.equal(await refusal(t, "export const a = 1, b = 2"), "it exports only a, b")
  t.equal(await refusal(t, "export default class {}"), "it exports only default")
  t.equal(await refusal(t, "export default null"), "it exports only default")
  t.equal(
    await refusal(t, "export const work = 'soon'"),
    "its export work is of type string, not a function",
  )
  t.equal(
    await refusal(t, "export const lead = () => {}; export const work = {}"),
    "its export work is of type object, not a function",
  )
})

t.test("a handler that is misspelt is refused, with the name that was meant", async (t) => {
  const misspelt = {
    ...{ leaderwork: "leaderWork", LeaderWork: "leaderWork", leader_work: "leaderWork" },
    ...{ leadWork: "leaderWork", laederWork: "leaderWork", leaderWorks: "leaderWork" },
    ...{ Lead: "lead", LEAD: "lead", leads: "lead", laed: "lead", leed: "lead" },
    ...{ Work: "work", works: "work", wrok: "work", wrk: "work", wurk: "work", _work: "work" },
  }
  const beside = "export const work = () => {};"
  for (const [name, meant] of Object.entries(misspelt)) {
    const problem = `its export ${name} is none; did you mean ${meant}?`
    t.equal(await refusal(t, `${beside} export function ${name}() {}`), problem)
    const inside = `export default { work() {}, ${name}: () => {} }`
    t.equal(await refusal(t, inside), problem)
    const method = `class Own { work() {} ${name}() {} }; class Sub extends Own {};`
    t.equal(await refusal(t, `${method} export default new Sub()`), problem)
  }
  t.equal(
    await refusal(t, "export const Lead = () => {}"),
    "its export Lead is none; did you mean lead?",
    "alone as well",
  )
})

t.test("what is exported beside handlers is nobody's business", async (t) => {
  const others = ["load", "read", "word", "worker", "leader", "start", "handler", "ready", "weight"]
  const functions = others.map((name) => `export function ${name}() {}`).join("\n")
  const text = `${functions}; export class Work {}; export const LEAD = 1; export const Lead = "x"`
  t.strictSame(Object.keys(await load(t, `${text}; export const work = () => {}`)), ["work"])
  const instance = "export default new (class { work() {} get leads() { throw 1 } load() {} })()"
  t.strictSame(Object.keys(await load(t, instance)), ["work"])
})

t.test("a module that can't be loaded is refused, with the reason and the line", async (t) => {
  const syntax = "export const a = 1\n\nexport function work( {\n"
  t.match(await refusal(t, syntax), /^it can't be loaded: line 4: Unexpected/)
  t.match(
    await refusal(t, "import 'no-such-package'"),
    /^it can't be loaded: Cannot find package 'no-such-package' imported from /,
  )
  t.equal(await refusal(t, "throw new Error('not\\ntoday')"), "it can't be loaded: not today")
  t.equal(await refusal(t, "throw 'text'"), "it can't be loaded: text")
})

t.test("a missing file, and a folder, are refused", async (t) => {
  const folder = tempFolder(t)
  const message = "it must export at least one function named work, leaderWork or lead"
  await t.rejects(loadHandlers("none.js", folder), {
    name: "BadHandler",
    message: `handler none.js: no such file; ${message}`,
  })
  await t.rejects(loadHandlers(".", folder), { message: `handler .: not a file; ${message}` })
})

t.test("exports that can't be looked at are refused, whatever they throw", async (t) => {
  for (const [name, made] of Object.entries(HOSTILE)) {
    const fails = () => {
      throw made()
    }
    const inside = Object.defineProperty({}, "work", { get: fails, enumerable: true })
    const refused = { name: "BadHandler", message: /^handler a\.js: its exports can't be read: / }
    t.throws(() => handlersIn({ default: inside }, "a.js"), refused, name)
    t.throws(() => handlersIn({ default: made(), other: 1 }, "a.js"), { name: "BadHandler" }, name)
    t.throws(() => handlersIn({ work: Symbol("no") }, "a.js"), { name: "BadHandler" }, name)
  }
})

t.test("a module is refused whatever it throws while it is loaded", async (t) => {
  const throws = (text: string) => refusal(t, `throw ${text}`)
  const list = "Object.assign(new Error(), { message: ['no', 'disk'] })"
  t.equal(await throws(list), "it can't be loaded: no; disk")
  t.equal(await throws("Object.create(null)"), "it can't be loaded: [Object: null prototype] {}")
  t.equal(await throws("Symbol('no')"), "it can't be loaded: Symbol(no)")
  const trap = "() => { throw 1 }"
  const proxy = `new Proxy({}, { get: ${trap}, getPrototypeOf: ${trap}, ownKeys: ${trap} })`
  t.match(await throws(proxy), /^it can't be loaded: \S/)
})
