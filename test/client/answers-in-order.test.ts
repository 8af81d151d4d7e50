import { getEventListeners } from "node:events"
import t from "tap"
import { answersInOrder, type Payloads } from "../../src/client/answers-in-order.js"
import { settled } from "../fixtures/manual-clock.js"

/** A pipe whose requests are answered, or fail, when the test says so. */
function piped(payloads: Payloads, concurrency: number, signal?: AbortSignal) {
  const asked = new Map<
    unknown,
    { resolve: (answer: string) => void; reject: (error: Error) => void }
  >()
  const ended: unknown[] = []
  const answers = answersInOrder<string>({
    ...{ payloads, concurrency, signal },
    ask: (payload) => new Promise((resolve, reject) => asked.set(payload, { resolve, reject })),
    end: (reason) => ended.push(reason),
  })
  const answer = async (payload: unknown) => {
    asked.get(payload)?.resolve(`answer ${payload}`)
    await settled()
  }
  return { answers, asked, ended, answer }
}

/** Counts up without end, and notes how far it was asked to, and that it was told to end. */
function counting() {
  const seen = { last: 0, isOver: false }
  function* counts() {
    try {
      for (;;) yield ++seen.last
    } finally {
      seen.isOver = true
    }
  }
  return { seen, counts: counts() }
}

t.test(
  "answers come in the order of their payloads, whatever order they were given in",
  async (t) => {
    const { answers, answer } = piped(["a", "b", "c"], 3)
    const first = answers.next()
    await settled()
    for (const payload of ["c", "b", "a"]) await answer(payload)
    t.strictSame(await first, { value: "answer a", done: false })
    const rest: string[] = []
    for await (const it of answers) rest.push(it)
    t.strictSame(rest, ["answer b", "answer c"])
  },
)

t.test(
  "nothing is asked before an answer is wanted; then as many as may be under way",
  async (t) => {
    const { seen, counts } = counting()
    const { answers, asked } = piped(counts, 3)
    await settled()
    t.equal(asked.size, 0)
    const first = answers.next()
    await settled()
    t.strictSame([asked.size, seen.last], [3, 3])
    await Promise.allSettled([answers.return(undefined), first, asked.get(1)?.resolve("")])
  },
)

t.test(
  "an early answer makes room for another request, up to as many again that wait",
  async (t) => {
    const { seen, counts } = counting()
    const { answers, answer, asked } = piped(counts, 3)
    const first = answers.next()
    await settled()
    for (let n = 2; n <= 6; n += 1) await answer(n)
    t.equal(seen.last, 6, "one is under way, five wait for it")
    await answer(1)
    t.strictSame((await first).value, "answer 1")
    await settled()
    t.equal(seen.last, 7, "and nobody takes more")
    for (const n of [2, 3, 4]) t.equal((await answers.next()).value, `answer ${n}`)
    await settled()
    t.equal(asked.size, 9)
    await answers.return(undefined)
  },
)

t.test("the first that fails ends it: what came before it in order is still taken", async (t) => {
  const { seen, counts } = counting()
  const { answers, answer, asked, ended } = piped(counts, 4)
  const first = answers.next()
  await settled()
  await answer(1)
  await answer(2)
  const failed = new Error("no disk")
  asked.get(4)?.reject(failed)
  await settled()
  t.strictSame(ended, [failed], "what is under way is given up at once")
  t.equal((await first).value, "answer 1")
  t.equal((await answers.next()).value, "answer 2")
  await t.rejects(answers.next(), failed)
  t.strictSame(await answers.next(), { value: undefined, done: true })
  t.ok(seen.isOver)
  t.strictSame(ended, [failed], "once")
})

t.test(
  "who takes no more ends it: nothing further is asked, and the payloads are told",
  async (t) => {
    const { seen, counts } = counting()
    const { answers, answer, ended } = piped(counts, 2)
    const taking = (async () => {
      for await (const _ of answers) break
    })()
    await settled()
    await answer(1)
    await taking
    const { last } = seen
    await answer(2)
    t.ok(seen.isOver)
    t.equal(seen.last, last)
    t.strictSame(ended, [undefined])
  },
)

t.test("payloads may take their time: answers don't wait for them, nor does the end", async (t) => {
  async function* slow() {
    yield "a"
    await new Promise(() => {})
  }
  const { answers, answer } = piped(slow(), 2)
  const first = answers.next()
  await settled()
  await answer("a")
  t.equal((await first).value, "answer a")
  t.strictSame(await answers.return(undefined), { value: undefined, done: true })
})

t.test("what the payloads throw ends it", async (t) => {
  const { answers, ended } = piped(
    (function* () {
      yield "a"
      throw new Error("bad file")
    })(),
    2,
  )
  await t.rejects(answers.next(), { message: "bad file" })
  t.match(ended, [{ message: "bad file" }])
})

t.test(
  "a signal ends it with its reason, before or while it runs, and is left alone after",
  async (t) => {
    const reason = new Error("enough")
    const early = piped(["a"], 1, AbortSignal.abort(reason))
    await t.rejects(early.answers.next(), reason)
    t.equal(early.asked.size, 0)
    const controller = new AbortController()
    const { signal } = controller
    const { answers, ended } = piped(["a", "b"], 1, signal)
    const first = answers.next()
    await settled()
    controller.abort(reason)
    await t.rejects(first, reason)
    t.strictSame(ended, [reason])
    t.equal(getEventListeners(signal, "abort").length, 0)
  },
)

t.test("no payloads are no answers", async (t) => {
  for (const none of [[], new Set(), (async function* () {})()]) {
    t.strictSame(await piped(none, 1).answers.next(), { value: undefined, done: true })
  }
})
