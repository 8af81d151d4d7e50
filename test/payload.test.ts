/** What is handed over to be sent arrives as it was, or is refused with the reason; nothing becomes `{}` on the way. */
import { EventEmitter } from "node:events"
import { PassThrough, Readable, Writable } from "node:stream"
import { runInNewContext } from "node:vm"
import t from "tap"
import { PoolClient } from "../src/client.js"
import { LocalPools } from "../src/local-pools.js"
import { payloadOf } from "../src/payload.js"
import { joinPool } from "../src/worker.js"
import { requester } from "./fixtures/requester.js"
import { testServer } from "./fixtures/server.js"

function shared(...bytes: number[]): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes.length)
  new Uint8Array(memory).set(bytes)
  return memory
}

/** By name: eight bytes, of which each holds some, in every shape that bytes come in. */
function shapes(): Record<string, [value: unknown, holds: number[]]> {
  const all = [0, 1, 2, 3, 4, 5, 6, 7]
  const { buffer } = Uint8Array.from(all)
  return {
    ArrayBuffer: [buffer, all],
    SharedArrayBuffer: [shared(...all), all],
    Uint8Array: [new Uint8Array(buffer, 2, 3), [2, 3, 4]],
    "Uint8Array over shared memory": [new Uint8Array(shared(...all), 1, 2), [1, 2]],
    Uint8ClampedArray: [new Uint8ClampedArray(buffer, 7), [7]],
    Int8Array: [new Int8Array(buffer, 0, 1), [0]],
    Uint16Array: [new Uint16Array(buffer, 2, 2), [2, 3, 4, 5]],
    Float32Array: [new Float32Array(buffer, 4), [4, 5, 6, 7]],
    Float64Array: [new Float64Array(buffer), all],
    BigInt64Array: [new BigInt64Array(shared(...all)), all],
    DataView: [new DataView(buffer, 3, 2), [3, 4]],
    Buffer: [Buffer.from(all).subarray(1, 4), [1, 2, 3]],
    "an empty one": [new ArrayBuffer(0), []],
    "of another realm": [runInNewContext("Uint16Array.of(257, 2).buffer"), [1, 1, 2, 0]],
    "a view of another realm": [runInNewContext("Uint8Array.of(9, 8)"), [9, 8]],
  }
}

/** What JSON would lose, and what the error says of it. */
function losses(): [value: unknown, said: string][] {
  const circle: Record<string, unknown> = { a: [{}] }
  ;(circle.a as object[]).push({ back: circle })
  const self: unknown[] = []
  self.push(self)
  const mail = new (class Mail {
    readonly #to = "ann"
    get to() {
      return this.#to
    }
  })()
  const hole = [1, 2, 3]
  delete hole[1]
  return [
    [new Map([[1, 2]]), " is a Map"],
    [{ items: [1, 2, 3, new Map()] }, ".items[3] is a Map"],
    [{ "a b": { c: new Set() } }, `["a b"].c is a Set`],
    [
      new (class Registry extends Map {
        readonly name = "x"
      })(),
      " is a Map",
    ],
    [[new WeakMap()], "[0] is a WeakMap"],
    [[new WeakSet()], "[0] is a WeakSet"],
    [{ at: /x/ }, ".at is a RegExp"],
    [new Blob(["x"]), " is a Blob"],
    [new Response("x"), " is a Response"],
    [new Request("http://a.b"), " is a Request"],
    [new Headers({ a: "b" }), " is a Headers"],
    [new FormData(), " is a FormData"],
    [new URLSearchParams("a=b"), " is a URLSearchParams"],
    [new ReadableStream(), " is a ReadableStream"],
    [{ body: new WritableStream() }, ".body is a WritableStream"],
    [Readable.from(["x"]), " is a Readable"],
    [{ to: new Writable() }, ".to is a Writable"],
    [new PassThrough(), " is a PassThrough"],
    [new EventEmitter(), " is an EventEmitter"],
    [new AbortController().signal, " is an AbortSignal"],
    [{ later: Promise.resolve(1) }, ".later is a Promise"],
    [[(function* () {})()], "[0] is a Generator"],
    [[1].values(), " is an Array Iterator"],
    [{ reason: new RangeError("x") }, ".reason is a RangeError"],
    [Object.assign(new Error("x"), { status: 404 }), " is an Error"],
    [mail, " is a Mail"],
    [10n, " is a BigInt"],
    [{ n: [10n] }, ".n[0] is a BigInt"],
    [Number.NaN, " is NaN"],
    [{ share: 1 / 0 }, ".share is Infinity"],
    [[-1 / 0], "[0] is -Infinity"],
    [[1, undefined], "[1] is undefined"],
    [hole, "[1] is undefined"],
    [() => {}, " is a function"],
    [{ go() {} }, ".go is a function"],
    [Symbol("s"), " is a symbol"],
    [[Symbol("s")], "[0] is a symbol"],
    [{ at: new Date(Number.NaN) }, ".at is an invalid Date"],
    [{ image: new Uint8Array(2) }, ".image is a Uint8Array"],
    [{ image: new ArrayBuffer(2) }, ".image is an ArrayBuffer"],
    [[new DataView(new ArrayBuffer(2))], "[0] is a DataView"],
    [{ toJSON: () => new Map() }, " is a Map"],
    [{ a: { toJSON: () => ({ b: [10n] }) } }, ".a.b[0] is a BigInt"],
    [runInNewContext("({ a: new Map() })"), ".a is a Map"],
    [circle, ".a[1].back leads back to what it is in, a circle"],
    [self, "[0] leads back to what it is in, a circle"],
  ]
}

t.test("bytes are bytes, whatever looks at them, with its offset and length", async (t) => {
  for (const [name, [value, holds]] of Object.entries(shapes())) {
    const payload = payloadOf(value, "answer")
    t.ok(ArrayBuffer.isView(payload), name)
    t.strictSame([...(payload as Uint8Array)], holds, name)
  }
})

t.test("what JSON would lose is refused, with the way to it", async (t) => {
  for (const [value, said] of losses()) {
    const message = `what the handler returned is nothing that JSON can hold: answer${said}`
    t.throws(() => payloadOf(value, "answer"), { name: "TypeError", message })
  }
  t.throws(() => payloadOf({ a: 1n }, "payload"), {
    message: "the payload is nothing that JSON can hold: payload.a is a BigInt",
  })
})

t.test("what JSON holds is sent as JSON.stringify has it", async (t) => {
  class Point {
    readonly x = 1
    readonly y = [new Date(0)]
  }
  const nameless = Object.assign(Object.create(null), { a: 1 })
  const twice = { a: 1 }
  let deep: unknown = [1]
  for (let depth = 0; depth < 500; depth += 1) deep = { deep }
  const values = [
    ...[null, true, 0, -1.5, [], {}, [null], "x".repeat(3), { a: undefined, b: "ü" }],
    ...[new Date(0), { at: new Date(0) }, new URL("http://a.b/c"), new Point(), [new Point()]],
    ...[nameless, { twice, again: [twice, twice] }, deep, Object(1), { a: Object("x") }],
    ...[{ toJSON: () => 5 }, { a: { toJSON: () => undefined } }, { image: Buffer.from("x") }],
    runInNewContext("({ a: [1, { b: null }], at: new Date(0) })"),
  ]
  for (const value of values) {
    const expected = typeof value === "string" ? value : JSON.stringify(value)
    t.equal(payloadOf(value, "answer"), expected)
  }
  t.equal(payloadOf(undefined, "answer"), "")
})

t.test("a big number may say itself how it is written", async (t) => {
  const prototype = BigInt.prototype as { toJSON?: () => string }
  prototype.toJSON = function (this: bigint) {
    return String(this)
  }
  t.teardown(() => {
    delete prototype.toJSON
  })
  t.equal(payloadOf({ n: 10n }, "answer"), `{"n":"10"}`)
})

t.test("a handler's bytes and a requester's arrive, over a server and without", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const local = new LocalPools()
  const byName = shapes()
  const answers = { work: (job: { text(): string }) => byName[job.text()]?.[0] }
  const echo = { leaderWork: (job: { data: Uint8Array }) => job.data }
  for (const over of [{ connection }, { local }]) {
    const worker = await joinPool({ ...over, ...answers, ...echo })
    const client = over.local ? PoolClient.local(over) : new PoolClient({ bus: connection })
    for (const [name, [value, holds]] of Object.entries(byName)) {
      t.strictSame([...(await client.work(name)).data], holds, name)
      t.strictSame([...(await client.leaderWork(value)).data], holds, name)
    }
    await t.rejects(client.work([new Map()]), { message: /payload\[0\] is a Map$/ })
    await client.close()
    await worker.leave()
  }
})

t.test("a buffer filled anew right after does not change what is under way", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const local = new LocalPools()
  const every = Array.from({ length: 50 }, (_, n) => n)
  for (const over of [{ connection }, { local }]) {
    for (const make of [() => new Uint8Array(4), () => Buffer.alloc(4), sharedView, dataView]) {
      const ofHandler = make()
      const work = (job: { data: Uint8Array }) => fill(ofHandler, job.data[0] as number)
      const worker = await joinPool({ ...over, work, leaderWork: work })
      const client = over.local ? PoolClient.local(over) : new PoolClient({ bus: connection })
      const ofRequester = make()
      for (const ask of ["work", "leaderWork"] as const) {
        const answers = every.map((n) => client[ask](fill(ofRequester, n)))
        const heard = (await Promise.all(answers)).map(({ data }) => data[0])
        t.strictSame(
          heard,
          every,
          `${ask}, ${over.local ? "local" : "NATS"}, ${ofHandler.constructor.name}`,
        )
      }
      await client.close()
      await worker.leave()
    }
  }
})

const sharedView = () => new Uint8Array(shared(0, 0, 0, 0))
const dataView = () => new DataView(new ArrayBuffer(4))

function fill<T extends ArrayBufferView>(view: T, value: number): T {
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(value)
  return view
}
