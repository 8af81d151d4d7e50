import { headers } from "nats"
import t from "tap"
import { BadRequest } from "../../src/errors/work-errors.js"
import { Seal } from "../../src/protocol/reply.js"
import type { Job } from "../../src/work/job.js"
import { type RequestOptions, Requests } from "../../src/work/requests.js"
import { HOSTILE } from "../fixtures/hostile.js"
import { settled } from "../fixtures/manual-clock.js"
import { parties } from "../fixtures/parties.js"

const member = { id: "A1", name: "a" }

/** Somebody who answers on "work" with `handler`. */
function answering(handler: (job: Job) => unknown, options: Partial<RequestOptions> = {}) {
  const all = parties({ maxPayload: 4096 })
  const requests = new Requests({ clock: all.clock, ...options })
  const seal = new Seal(member)
  all.join().subscribe("work", { callback: (_, message) => requests.take(message, handler, seal) })
  return { ...all, requests, tally: requests.tally }
}

const never = () => new Promise<never>(() => {})

t.test("what a handler returns is the answer", async (t) => {
  const results: [unknown, string][] = [
    [undefined, ""],
    ["text", "text"],
    ["", ""],
    [new TextEncoder().encode("bytes"), "bytes"],
    [{ a: [1, null] }, '{"a":[1,null]}'],
    [null, "null"],
    [0, "0"],
    [Promise.resolve("later"), "later"],
    [Promise.resolve(undefined), ""],
  ]
  const { ask, tally } = answering(() => results[tally.ended]?.[0])
  for (const [, expected] of results) t.equal(await ask("work"), expected)
  t.equal(tally.done, results.length)
})

t.test("what JSON can't hold is a 500 that names the reason", async (t) => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const results: [unknown, RegExp][] = [
    [10n, /^500 what the handler returned is nothing that JSON can hold: answer is a BigInt$/],
    [
      circle,
      /^500 what the handler returned is nothing .*: answer\.self leads back to .*a circle$/,
    ],
    [() => {}, /^500 what the handler returned is nothing .*: answer is a function$/],
    [{ s: Symbol("s") }, /^500 what the handler returned is nothing .*: answer\.s is a symbol$/],
    [Promise.resolve(10n), /^500 .*BigInt$/],
  ]
  const { ask, tally } = answering(() => results[tally.ended]?.[0])
  for (const [, expected] of results) t.match(await ask("work"), expected)
  t.equal(tally.failed, results.length)
})

t.test("what a handler throws is the failure: a 500, or the status it names", async (t) => {
  const thrown: [unknown, string][] = [
    [new Error("no\nmatter"), "500 no matter"],
    [new BadRequest("amount: expected a number"), "400 amount: expected a number"],
    [Object.assign(new Error("slow down"), { status: 429 }), "429 slow down"],
    [Object.assign(new Error("odd"), { status: 200 }), "500 odd"],
    ["text", "500 text"],
    [undefined, "500 undefined"],
    [new Error(""), "500 Error"],
    [new Error("a\u0000b\u001b[31mc"), "500 a b [31mc"],
  ]
  const { ask, tally } = answering(() => {
    throw thrown[tally.ended]?.[0]
  })
  for (const [, expected] of thrown) t.equal(await ask("work"), expected)
  t.equal(tally.lastError, "500: a b [31mc")

  const later = answering(async () => {
    throw new BadRequest("no")
  })
  t.equal(await later.ask("work"), "400 no")
})

t.test("whatever a handler throws or returns, it is answered, and counted off", async (t) => {
  for (const [name, made] of Object.entries(HOSTILE)) {
    const thrown = answering(() => {
      throw made()
    })
    t.match(await thrown.ask("work"), /^500 \S/, name)
    const rejected = answering(async () => {
      throw made()
    })
    t.match(await rejected.ask("work"), /^500 \S/, name)
    const returned = answering(() => made())
    t.type(await returned.ask("work"), "string", name)
    for (const { tally, requests } of [thrown, rejected, returned]) {
      t.match(tally, { ended: 1, busy: 0 }, name)
      requests.close()
    }
  }
})

t.test("promises of any kind count once, whatever they do", async (t) => {
  type Settle = (value: unknown) => void
  const kinds: Readonly<Record<string, (yes: Settle, no: Settle) => void>> = {
    "500 at once": (_, no) => no(new Error("at once")),
    first: (yes, no) => {
      yes("first")
      no(new Error("second"))
      yes("third")
    },
    said: (yes) => {
      yes("said")
      throw new Error("after that")
    },
    "500 instead": () => {
      throw new Error("instead")
    },
  }
  for (const [expected, then] of Object.entries(kinds)) {
    const { ask, tally } = answering(() => ({ then }))
    t.equal(await ask("work"), expected)
    t.match(tally, { ended: 1, busy: 0 }, expected)
  }
})

t.test("a plain object's status and message answer as an error's do", async (t) => {
  const { ask } = answering(async () => {
    throw { status: 404, message: "no such mail" }
  })
  t.equal(await ask("work"), "404 no such mail")
})

t.test("a reason of any length and in any script fits in a header", async (t) => {
  const { ask } = answering(() => {
    throw new Error(`größer ${"x".repeat(10_000)}`)
  })
  const answer = await ask("work")
  t.match(answer, /^500 größer x+…$/)
  t.ok(answer.length < 600)
})

t.test("a payload that is no JSON is the requester's mistake", async (t) => {
  const { ask } = answering((job) => job.json<{ n: number }>().n)
  t.equal(await ask("work", '{"n":10}'), "10")
  t.equal(await ask("work", "{"), "400 the payload is not JSON")
})

t.test("a job tells everything about the request", async (t) => {
  const seen: unknown[] = []
  const { asker } = answering((job) => {
    seen.push(job.subject, job.text(), job.data, job.headers?.get("Colour"), job.member)
  })
  const question = headers()
  question.set("Colour", "red")
  await asker.request("work", "10", { timeout: 1000, headers: question })
  t.strictSame(seen, ["work", "10", new TextEncoder().encode("10"), "red", member])
})

t.test("an answer says who gave it, and carries the trace of its request", async (t) => {
  const { asker } = answering(() => "")
  const plain = await asker.request("work", "", { timeout: 1000 })
  t.strictSame(Object.fromEntries(plain.headers ?? []), {
    "Pool-Worker": ["a"],
    "Pool-Member": ["A1"],
  })
  const question = headers()
  const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
  question.set("traceparent", trace)
  question.set("tracestate", "vendor=1")
  question.set("other", "stays")
  const traced = await asker.request("work", "", { timeout: 1000, headers: question })
  t.strictSame(Object.fromEntries(traced.headers ?? []), {
    "Pool-Worker": ["a"],
    "Pool-Member": ["A1"],
    traceparent: [trace],
    tracestate: ["vendor=1"],
  })
})

t.test("a trace keeps the letters in which it came, and all its values", async (t) => {
  const { asker } = answering(() => "")
  const question = headers()
  question.append("Traceparent", "00-a-b-01")
  for (const state of ["one=1", "two=2"]) question.append("TraceState", state)
  const { headers: answered } = await asker.request("work", "", {
    timeout: 1000,
    headers: question,
  })
  t.match(Object.fromEntries(answered ?? []), {
    Traceparent: ["00-a-b-01"],
    TraceState: ["one=1", "two=2"],
  })
})

t.test("a handler that takes too long gets its signal, and the requester a 504", async (t) => {
  const reasons: unknown[] = []
  const { ask, clock, tally } = answering(
    (job) => {
      job.signal.addEventListener("abort", () => reasons.push(job.signal.reason))
      return never()
    },
    { handlerTimeoutMs: 100 },
  )
  const first = ask("work")
  await clock.pass(60)
  const second = ask("work")
  await clock.pass(39)
  t.equal(tally.busy, 2)
  await clock.pass(1)
  const late = "no result within 100 ms: the request may or may not have been done"
  t.equal(await first, `504 ${late} (unknown)`)
  t.equal(tally.busy, 1)
  await clock.pass(60)
  t.equal(await second, `504 ${late} (unknown)`)
  t.match(reasons, [
    { name: "HandlerTimeout", timeoutMs: 100 },
    { name: "HandlerTimeout", timeoutMs: 100 },
  ])
  t.equal(clock.alarms, 0, "no timer is left")
})

t.test("what a handler returns after its timeout is dropped", async (t) => {
  let finish: (value: string) => void = () => {}
  const { ask, clock, tally } = answering(
    () =>
      new Promise((resolve) => {
        finish = resolve
      }),
    { handlerTimeoutMs: 100 },
  )
  const asked = ask("work")
  await clock.pass(100)
  t.match(await asked, /^504/)
  finish("late")
  await settled()
  t.strictSame([tally.done, tally.failed, tally.busy], [0, 1, 0])
})

t.test("a signal asked for after the fact has fired already", async (t) => {
  let job: Job | undefined
  const { ask, clock } = answering(
    (it) => {
      job = it
      return never()
    },
    { handlerTimeoutMs: 100 },
  )
  const asked = ask("work")
  await clock.pass(100)
  await asked
  t.match(job?.signal, { aborted: true, reason: { name: "HandlerTimeout" } })
})

t.test("one timer serves all requests, and none is set for a handler that is quick", async (t) => {
  const { ask, clock } = answering((job) => (job.text() === "quick" ? "" : never()))
  await ask("work", "quick")
  t.equal(clock.alarms, 0)
  for (let i = 0; i < 10; i++) ask("work")
  await settled()
  t.equal(clock.alarms, 11, "ten requesters and one for all handlers")
})

t.test("an answer above max_payload is a 500 that says so", async (t) => {
  const { ask } = answering(() => "ü".repeat(2049))
  t.match(await ask("work"), /^500 the work was done, but its answer is above .*max_payload:/)

  const known = answering(() => "ü".repeat(2049), { maxPayload: 4096 })
  t.match(await known.ask("work"), /max_payload \(4096 bytes\): return less, or raise it$/)

  const exact = answering(() => "ü".repeat(2048), { maxPayload: 4096 })
  t.equal(await exact.ask("work"), "ü".repeat(2048))
})

t.test("idle waits for what is in flight, and no longer than it is told", async (t) => {
  const { ask, clock, requests } = answering(never)
  t.equal(await requests.idle(1000), true)
  ask("work")
  await settled()
  t.equal(await requests.idle(0), false)
  const waiting = requests.idle(1000)
  await clock.pass(1000)
  t.equal(await waiting, false)
})

t.test("a message that asks for no answer is handled and counted", async (t) => {
  const { asker, tally } = answering(() => "nobody hears this")
  asker.publish("work", "10")
  await settled()
  t.equal(tally.done, 1)
})

t.test("a timeout that no timer can hold is refused", async (t) => {
  for (const handlerTimeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
    t.throws(() => answering(() => "", { handlerTimeoutMs }), {
      name: "BadInput",
      message: /^handler timeout: expected 1 to 2147483647 ms, got /,
    })
  }
})
