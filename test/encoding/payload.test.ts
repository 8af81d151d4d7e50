/** What is handed over to be sent arrives as it was, or is refused with the reason; nothing becomes `{}` on the way. */
import { EventEmitter } from "node:events"
import { PassThrough, Readable, Writable } from "node:stream"
import { runInNewContext } from "node:vm"
import t from "tap"
import { payloadOf } from "../../src/encoding/payload.js"
import { shapes } from "../fixtures/byte-shapes.js"

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

/** As text. */
const sent = (value: unknown) => Buffer.from(payloadOf(value, "answer")).toString()

t.test("bytes are bytes, whatever looks at them, with its offset and length", async (t) => {
  for (const [name, [value, holds]] of Object.entries(shapes())) {
    const payload = payloadOf(value, "answer")
    t.ok(ArrayBuffer.isView(payload), name)
    t.strictSame([...payload], holds, name)
  }
})

t.test(
  "small payloads share their memory, which costs more than all else about them",
  async (t) => {
    const values = ["x".repeat(128), new Uint8Array(128), { a: 1 }]
    for (const value of values) {
      const memories = Array.from({ length: 100 }, () => payloadOf(value, "answer").buffer)
      t.ok(new Set(memories).size <= 3)
    }
  },
)

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
    t.equal(sent(value), expected)
  }
  t.equal(sent(undefined), "")
  t.equal(sent("\u{1F600} \uD800"), "\u{1F600} \uFFFD", "half of a letter is none")
})

t.test("a big number may say itself how it is written", async (t) => {
  const prototype = BigInt.prototype as { toJSON?: () => string }
  prototype.toJSON = function (this: bigint) {
    return String(this)
  }
  t.teardown(() => {
    delete prototype.toJSON
  })
  t.equal(sent({ n: 10n }), `{"n":"10"}`)
})
