import { connect } from "nats"
import t from "tap"
import type { Leadership } from "../../src/lease/leadership.js"
import { namesOf } from "../../src/protocol/names.js"
import type { Job } from "../../src/work/job.js"
import { TrackedWork } from "../../src/work/tracked-work.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { inWords } from "../fixtures/parties.js"
import { TestReign } from "../fixtures/reign.js"
import { testServer } from "../fixtures/server.js"

const NOT_DONE = "409 not the leader any more: the request was not done (not-done)"

t.test("on a server: the old leader is gone before the new one can be told", async (t) => {
  const server = await testServer(t)
  const join = async (name: string) => {
    const bus = await connect({ servers: server.url, noAsyncTraces: true })
    t.teardown(() => bus.close())
    const handler = (_: Job, { term }: Leadership) => `${name} ${term}`
    const clock = new ManualClock()
    const options = { member: { id: name, name }, clock, names: namesOf("work"), handler }
    return { bus, clock, tracked: new TrackedWork({ bus, ...options }) }
  }
  const [a, b, asker] = [await join("a"), await join("b"), await join("asker")]
  const reign = new TestReign(a.clock, 1)
  a.tracked.open()
  a.tracked.begin(reign)
  await a.bus.flush()

  // b takes over at a's word, as an heir does, while somebody asks all the time.
  b.bus.subscribe("word", {
    callback: () => {
      b.tracked.open()
      b.bus.flush().then(() => b.tracked.begin(new TestReign(b.clock, 2)))
    },
  })
  await b.bus.flush()
  const answers: string[] = []
  const ask = () =>
    asker.bus
      .request("work.leader", "", { timeout: 1000 })
      .then(inWords, (error) => error.cause.name)
      .then((answer) => answers.push(answer))
  const asked: Promise<unknown>[] = []
  for (let i = 0; i < 200; i++) {
    asked.push(ask())
    if (i === 50) {
      reign.end("handed over")
      a.tracked.refuse()
      a.tracked.close()
      a.bus.publish("word")
    }
    if (i % 5 === 0) await asked.at(-1)
  }
  while (answers.at(-1) !== "b 2") await ask()
  await Promise.all(asked)
  const kinds = new Set(answers)
  t.ok(kinds.has("a 1") && kinds.has("b 2"))
  for (const kind of kinds) t.ok(["a 1", "b 2", NOT_DONE, "NoResponders"].includes(kind), kind)
  const firstOfB = answers.indexOf("b 2")
  t.notOk(answers.slice(firstOfB).includes("a 1"))
})
