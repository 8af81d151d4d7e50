/** What nobody awaits is reported when it fails; it ends nothing. */
import { once } from "node:events"
import t from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import { unawaited, unexpected } from "../../src/contracts/unawaited.js"
import { Membership } from "../../src/membership/membership.js"
import { isLetGo } from "../../src/time/promised.js"
import { joinPool } from "../../src/worker/worker.js"

/** Rejects, and is no Promise of this language. */
const foreign = (thrown: unknown) => ({
  // biome-ignore lint/suspicious/noThenProperty: it is a promise of another library
  then: (_: unknown, rejected: (thrown: unknown) => void) => rejected(thrown),
})

t.test("a rejection that nobody awaits is told once, whatever promise it is", async (t) => {
  for (const make of [(thrown: unknown) => Promise.reject(thrown), foreign]) {
    for (const thrown of [new Error("x"), undefined, "text"]) {
      const told = await new Promise((resolve) => unawaited(make(thrown), resolve))
      t.equal(told, thrown)
    }
  }
  unawaited(undefined, () => t.fail())
  unawaited(Promise.resolve("kept"), () => t.fail())
  t.notOk(isLetGo({ catch: "later" }))
})

t.test("a mistake is reported as one, with what was thrown", async (t) => {
  const mistake = new TypeError("x is not a function")
  const said = await new Promise<unknown[]>((resolve) =>
    unawaited(
      Promise.reject(mistake),
      unexpected((...all) => resolve(all)),
    ),
  )
  t.match(said[0], "never should")
  t.equal(said[1], mistake)
})

t.test("where nobody takes reports, or a report fails itself, Node warns", async (t) => {
  const fails = () => {
    throw new Error("the report failed")
  }
  for (const [failed, said] of [
    [undefined, "a mistake"],
    [fails, "the report failed"],
  ] as const) {
    const warned = once(process, "warning")
    unawaited(Promise.reject(new Error("a mistake")), failed)
    const [{ name, message }] = await warned
    t.equal(name, "PoolWarning")
    t.match(message, said)
  }
})

t.test(
  "a mistake in the pool's own code is reported, and costs neither process nor seat",
  async (t) => {
    const local = new LocalPools()
    const told: unknown[] = []
    let heard = () => {}
    const report = (_: string, error: unknown) => {
      told.push(error)
      heard()
    }
    let led = () => {}
    const leads = new Promise<void>((resolve) => {
      led = resolve
    })
    const worker = await joinPool({ local, report, leaderWork: () => "done", onReign: led })
    t.teardown(() => worker.leave())
    await leads
    const { renew } = Membership.prototype
    t.teardown(() => {
      Membership.prototype.renew = renew
    })
    const mistake = new TypeError("broken on purpose")
    Membership.prototype.renew = () => Promise.reject(mistake)
    const reported = new Promise<void>((resolve) => {
      heard = resolve
    })
    worker.pause()
    await reported
    Membership.prototype.renew = renew
    t.ok(told.includes(mistake))
    t.ok(worker.isLeader)
  },
)
