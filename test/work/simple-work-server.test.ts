import { connect, type NatsConnection } from "nats"
import t, { type Test } from "tap"
import { systemClock } from "../../src/time/system-clock.js"
import { SimpleWork, type SimpleWorkOptions } from "../../src/work/simple-work.js"
import { Gate } from "../fixtures/gate.js"
import { settled } from "../fixtures/manual-clock.js"
import { inWords } from "../fixtures/parties.js"
import { type TestServer, testServer } from "../fixtures/server.js"

const FULL = "429 full: try again (not-done)"

t.test("on a server", async (t) => {
  const server = await testServer(t, { config: "max_payload: 65536" })
  const asker = await connected(t, server)
  const join = async (name: string, options: Partial<SimpleWorkOptions> = {}) => {
    const bus = await connected(t, server)
    const member = { id: `${name}-1`, name }
    const shared = { bus, member, clock: systemClock, subject: "work" }
    const work = new SimpleWork({ ...shared, handler: () => name, ...options })
    work.open()
    await bus.flush()
    return work
  }
  const ask = (payload = "") => asker.request("work", payload, { timeout: 10_000 }).then(inWords)

  t.test("each of a burst has a handler, or learns at once that it has none", async (t) => {
    const gate = new Gate()
    const names = ["a", "b", "c"]
    const members = await Promise.all(
      names.map((name) => join(name, { concurrency: 1, handler: gate.handler })),
    )
    const counts = { done: 0, refused: 0 }
    for (let round = 0; round < 20; round++) {
      const asked = Array.from({ length: 12 }, () => ask().catch((error) => error.cause.name))
      let open = asked.length
      const refused = new Promise<void>((resolve) => {
        for (const answer of asked) answer.then(() => --open === 3 && resolve())
      })
      await refused
      t.equal(gate.jobs.length, 3)
      t.equal(new Set(gate.jobs.splice(0).map(({ member }) => member.name)).size, 3)
      gate.release()
      for (const answer of await Promise.all(asked)) {
        if (answer === "done") counts.done++
        else if (answer === FULL || answer === "NoResponders") counts.refused++
        else t.fail(answer)
      }
      // The members are back in the group once the server has heard of it.
      await Promise.all(names.map(() => asker.flush()))
    }
    t.strictSame(counts, { done: 60, refused: 180 })
    await Promise.all(members.map((member) => member.stop(1000)))
  })

  t.test("an answer above max_payload is a 500, and the connection stays", async (t) => {
    const big = await join("big", { handler: (job) => "x".repeat(Number(job.text())) })
    t.match(await ask("65537"), /^500 the work was done, but its answer is above/)
    t.match(await ask("65536"), /^500/, "headers count too")
    t.equal((await ask("65000")).length, 65_000)
    t.equal((await server.connections()).length, 5)
    await big.stop(0)
  })

  t.test("a reason in any script arrives as it is", async (t) => {
    const loud = await join("loud", {
      handler: () => {
        throw new Error("größer als 漢字\r\nzu lang")
      },
    })
    t.equal(await ask(), "500 größer als 漢字 zu lang")
    await loud.stop(0)
  })

  t.test("a connection that is closed under it does no harm", async (t) => {
    const bus = await connected(t, server)
    const gate = new Gate()
    const problems: Error[] = []
    const member = { id: "x", name: "x" }
    const work = new SimpleWork({
      ...{ bus, member, clock: systemClock, subject: "closing", concurrency: 1 },
      handler: gate.handler,
      onProblem: (problem) => problems.push(problem),
    })
    work.open()
    await bus.flush()
    asker.publish("closing")
    await asker.flush()
    await bus.flush()
    t.equal(gate.jobs.length, 1)
    await bus.close()
    gate.release()
    await settled()
    t.match(problems, [{ name: "ClosedConnectionError" }])
    await work.stop(0)
  })
})

async function connected(t: Test, server: TestServer): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url, noAsyncTraces: true })
  t.teardown(() => connection.close())
  return connection
}
