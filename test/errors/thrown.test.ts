import t from "tap"
import {
  errorOf,
  fieldOf,
  isA,
  oneLine,
  reasonOf,
  shown,
  stackOf,
  statusOf,
  textOf,
} from "../../src/errors/thrown.js"
import { HOSTILE } from "../fixtures/hostile.js"

for (const [name, made] of Object.entries(HOSTILE)) {
  t.test(`${name} is described in one short line, and costs nothing`, async (t) => {
    const thrown = made()
    const reason = reasonOf(thrown)
    t.match(reason, /^[^\s\p{Cc}]|^$/u)
    t.notMatch(reason, /[\p{Cc}\u2028\u2029]/u)
    t.ok(reason.length <= 2001)
    t.equal(statusOf(thrown), 500)
    t.type(stackOf(thrown), "string")
    t.ok(stackOf(thrown).length <= 20_001)
    t.ok(shown(thrown).length <= 2001)
    t.ok(errorOf(thrown) instanceof Error)
    t.equal(isA(thrown, TypeError), false)
    t.ok(["string", "undefined"].includes(typeof textOf(thrown, "name")))
    for (const field of ["message", "code", "status"]) t.doesNotThrow(() => fieldOf(thrown, field))
  })
}

t.test("what says something is told in its words", async (t) => {
  const told = (name: string) => reasonOf(HOSTILE[name]?.())
  t.equal(told("a list of messages"), "to must be an e-mail; text must not be empty")
  t.equal(told("a message that is an object"), "{ to: 'must be an e-mail' }")
  t.equal(told("a message that is a number"), "7")
  t.equal(told("a message that is a symbol"), "Symbol(why)")
  t.equal(told("a message that is an error"), "inside")
  t.equal(told("a message of many lines"), "one Nats-Service-Error-Code: 200 two")
  t.equal(told("a message of control characters"), "a [31mb c")
  t.equal(told("a message in another script"), "адрес неверен 住所")
  t.equal(told("an empty message"), "Error")
  t.equal(told("a getter name that throws"), "its words")
  t.equal(told("an error's proxy that refuses everything"), "Error: hidden")
  t.equal(told("an object without a prototype"), "[Object: null prototype] { why: 'no reason' }")
  t.equal(told("a function"), "[Function: thrown]")
  t.equal(told("several errors at once"), "first; second")
  t.equal(told("null"), "null")
  t.equal(reasonOf({ status: 404, message: "no such mail" }), "no such mail")
  t.equal(reasonOf("just words"), "just words")
  t.equal(reasonOf(["one", "two"]), "one; two")
})

t.test("a status counts where it is an error's in HTTP, whoever carries it", async (t) => {
  t.equal(statusOf({ status: 404, message: "no such mail" }), 404)
  t.equal(statusOf(Object.assign(new Error(), { status: 599 })), 599)
  t.equal(statusOf({ status: 399 }), 500)
  t.equal(statusOf({ status: 600 }), 500)
})

t.test("a stack is told with its causes, each once, and with what an error gathers", async (t) => {
  const circular = stackOf(HOSTILE["a circular cause"]?.())
  t.equal(circular.match(/Error: round/g)?.length, 1)
  t.match(circular, /Error: round\n[\s\S]*\ncaused by: Error: and round\n/)
  t.match(
    stackOf(HOSTILE["several errors at once"]?.()),
    /caused by: Error: first[\s\S]*Error: second/,
  )
  t.equal(stackOf("words"), "words")
})

t.test("a line is never cut inside a character", async (t) => {
  t.equal(oneLine("ab😀cd", 3), "ab…")
  t.equal(oneLine("ab😀cd", 4), "ab😀…")
})
