import { headers, type MsgHdrs } from "nats"
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import { testPool } from "../fixtures/pool.js"
import { requester } from "../fixtures/requester.js"

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
/** All of it, as `traceIn` tells it. */
const WHOLE = { traceparent: [TRACE], tracestate: ["one=1", "two=2"] }
const handlers = {
  work: (job: { headers: MsgHdrs | undefined }) => Object.fromEntries(job.headers ?? []),
  leaderWork(job: { headers: MsgHdrs | undefined; text(): string }) {
    if (job.text() === "fail") throw new Error("no luck")
    return Object.fromEntries(job.headers ?? [])
  },
}

/** A request in a trace, as a library that writes these letters would send it. */
function traced(parent: string, state: string): MsgHdrs {
  const hdrs = headers()
  hdrs.append(parent, TRACE)
  hdrs.append(state, "one=1")
  hdrs.append(state, "two=2")
  hdrs.append("other", "stays")
  return hdrs
}

/** What of a trace is in these headers, in small letters: servers from 2.11 on write `traceparent` so themselves. */
function traceIn(hdrs: Iterable<[string, string[]]> = []): Record<string, string[]> {
  const trace = [...hdrs].filter(([name]) => /^trace/i.test(name))
  return Object.fromEntries(trace.map(([name, values]) => [name.toLowerCase(), values]))
}

t.test("a trace reaches the handler and the answer, an error's too", async (t) => {
  const pool = await testPool(t)
  await pool.join("a", handlers)
  await pool.leads("a")
  const nc = await requester(t, pool.server.url)
  for (const [parent, state] of [
    ["traceparent", "tracestate"],
    ["Traceparent", "Tracestate"],
  ] as const) {
    const options = { headers: traced(parent, state), timeout: 10_000 }
    for (const subject of ["work", "work.leader"]) {
      const answer = await nc.request(subject, "x", options)
      const seen = answer.json<Record<string, string[]>>()
      t.strictSame(traceIn(Object.entries(seen)), WHOLE, `${subject}: the handler`)
      t.strictSame(seen.other, ["stays"])
      t.strictSame(traceIn(answer.headers), WHOLE, `${subject}: the answer`)
      t.notOk(answer.headers?.get("other"), "what is no trace stays")
    }
    const failed = await nc.request("work.leader", "fail", options)
    t.equal(failed.headers?.get("Nats-Service-Error-Code"), "500")
    t.strictSame(traceIn(failed.headers), WHOLE, "the error")
  }
})

t.test("a client sends it along, and finds it on the answer", async (t) => {
  const pool = await testPool(t)
  await pool.join("a", handlers)
  const client = await PoolClient.connect({ servers: pool.server.url })
  t.teardown(() => client.close())
  const answer = await client.work("x", { headers: { traceparent: TRACE } })
  t.match(answer.json(), { traceparent: [TRACE] })
  t.equal(answer.headers?.get("traceparent"), TRACE)
})

t.test("what a full member passes on keeps its trace", async (t) => {
  const pool = await testPool(t)
  const nc = await requester(t, pool.server.url)
  let finish = (_answer: string) => {}
  await pool.join("full", {
    concurrency: 1,
    work: () => new Promise<string>((resolve) => (finish = resolve)),
  })
  const first = nc.request("work", "first", { timeout: 20_000 })
  // Sent in one flush with the first, so that it reaches the one that is full by then.
  const options = { headers: traced("traceparent", "tracestate"), timeout: 20_000 }
  const second = nc.request("work", "second", options)
  const refused = await second
  t.equal(refused.headers?.get("Nats-Service-Error-Code"), "429")
  t.strictSame(traceIn(refused.headers), WHOLE)
  finish("done")
  t.equal((await first).string(), "done")
})
