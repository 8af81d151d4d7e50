import t from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import { failureIn } from "../../src/client/answer.js"
import { listen } from "../../src/protocol/listening.js"
import { Seal } from "../../src/protocol/reply.js"
import { HOSTILE } from "../fixtures/hostile.js"

const SEAL = new Seal({ id: "M", name: "a" })

t.test("whatever is thrown at a message, it is reported, and what asked gets a 500", async (t) => {
  const bus = new LocalPools().connect()
  for (const [name, made] of Object.entries(HOSTILE)) {
    const told: Error[] = []
    const onProblem = (problem: Error) => void told.push(problem)
    const hear = () => {
      throw made()
    }
    const subscription = listen(bus, "work", hear, { onProblem, seal: SEAL })
    const failure = failureIn(await bus.request("work", "", { timeout: 60_000 }))
    t.match(failure, { error: { status: 500, worker: "a" }, outcome: "unknown" }, name)
    t.equal(told.length, 1, name)
    t.ok(told[0] instanceof Error)
    subscription.unsubscribe()
  }
})

t.test("one who is told of it and throws himself doesn't keep the requester waiting", async (t) => {
  const bus = new LocalPools().connect()
  const fails = () => {
    throw new Error("mine")
  }
  listen(bus, "work", fails, { onProblem: fails, seal: SEAL })
  t.equal(failureIn(await bus.request("work", "", { timeout: 60_000 }))?.error.reason, "mine")
})

t.test("a refused subscription is told, whatever becomes of that", async (t) => {
  let tell: (error: Error | null, message: never) => void = () => {}
  const bus = {
    subscribe: (_: string, { callback }: { callback: typeof tell }) => {
      tell = callback
    },
  }
  const onProblem = (problem: Error) => {
    t.equal(problem.message, "not permitted")
    throw problem
  }
  listen(bus as never, "work", () => t.fail("there is no message"), { onProblem, seal: SEAL })
  t.doesNotThrow(() => tell(new Error("not permitted"), undefined as never))
})
