import t from "tap"
import { withCallbacks } from "../../src/contracts/callbacks.js"
import { HOSTILE } from "../fixtures/hostile.js"
import { testLocal } from "../fixtures/local.js"
import { settled } from "../fixtures/manual-clock.js"

/** The ways in which a function can fail with what `made` makes. */
const ways = (made: () => unknown): Readonly<Record<string, () => unknown>> => ({
  "thrown at once": () => {
    throw made()
  },
  rejected: async () => {
    throw made()
  },
  "rejected by a promise of its own kind": () => {
    const then = (_: unknown, no: (error: unknown) => void) => no(made())
    return { then }
  },
})

t.test("whatever a callback throws, now or later, is reported, and goes no further", async (t) => {
  for (const [what, made] of Object.entries(HOSTILE)) {
    for (const [how, onLeader] of Object.entries(ways(made))) {
      const told: string[] = []
      const report = (problem: string) => void told.push(problem)
      const options = withCallbacks({ report, onLeader })
      t.doesNotThrow(() => options.onLeader(), `${what}, ${how}`)
      await settled()
      t.strictSame(told, ["onLeader of the program failed"], `${what}, ${how}`)
    }
  }
})

t.test("a promise whose then can't be looked at is a failure like any other", async (t) => {
  const told: string[] = []
  const onLeader = HOSTILE["a getter then that throws"] as () => unknown
  withCallbacks({ report: (it: string) => told.push(it), onLeader }).onLeader()
  t.strictSame(told, ["onLeader of the program failed"])
})

t.test("of a report that fails itself Node warns, once", async (t) => {
  const warnings: string[] = []
  const heard = ({ name, message }: Error) => void warnings.push(`${name}: ${message}`)
  process.on("warning", heard)
  t.teardown(() => process.off("warning", heard))
  for (const report of Object.values(ways(HOSTILE["a list of messages"] as () => unknown))) {
    const options = withCallbacks({ report })
    options.report("trouble")
    options.report("more trouble")
    await new Promise(setImmediate)
  }
  const warning =
    "PoolWarning: report of the program failed: to must be an e-mail; text must not be empty"
  t.strictSame(warnings, [warning, warning, warning])
})

t.test("a callback is called on the options that hold it, and nothing else changes", async (t) => {
  class Options {
    readonly pool = "mail"
    heard: unknown[] = []
    onLeader(news: unknown) {
      this.heard.push(news)
    }
  }
  const given = new Options()
  const options = withCallbacks(given as Options & { report?: () => void })
  options.onLeader("a leads")
  t.strictSame(given.heard, ["a leads"])
  t.equal(options.pool, "mail")
})

t.test("what is no function is refused before anything is opened", async (t) => {
  const options = { onLeader: "log it" }
  t.throws(() => withCallbacks(options as { report?: () => void }), {
    message: 'onLeader: expected a function, got "log it"',
  })
})

t.test("a leader whose every callback and report rejects goes on leading", async (t) => {
  const { join, clock } = testLocal(t)
  const rejects = async () => {
    throw HOSTILE["a proxy that refuses everything"]?.()
  }
  const all = { onLeader: rejects, onClaim: rejects, onReign: rejects, onLeadReturned: rejects }
  const a = await join("a", { ...all, onJoined: rejects, lead: () => {}, report: rejects })
  const b = await join("b")
  await clock.pass(10_000)
  t.ok(a.isLeader)
  t.notOk(b.isLeader)
})
