import t from "tap"
import { after, type Given, pending, sentence } from "../../../src/dashboard/world/orders.js"
import { at } from "./make.js"

function given(order: Given["order"], change: Partial<Given> = {}): Given {
  return { order, id: "id-b", name: "b", busy: 0, givenMonoMs: 0, ...change }
}

function gone(id: string) {
  return { kind: "gone", id } as const
}

function leads(name: string) {
  return { kind: "leads", id: `id-${name}`, name } as const
}

function joined(name: string, id: string) {
  return { kind: "joined", name, id, place: 3 } as const
}

t.test("what has nothing to do with an order leaves it as it is", async (t) => {
  const stop = given("stop")
  t.equal(after(stop, gone("id-a"), at(1)), stop, "someone else went")
  t.equal(
    after(stop, leads("a"), at(1)),
    stop,
    "someone leads, but it was not the leader that we stopped",
  )
  t.equal(
    after(stop, joined("b", "new"), at(1)),
    stop,
    "a namesake joined, but nothing was restarted",
  )
  const pause = given("pause")
  t.equal(after(pause, gone("id-b"), at(1)), pause, "it went, but not because it was to pause")
})

t.test("a leader that claims anew is not its own heir", async (t) => {
  const freeze = given("freeze", { leader: "b" })
  t.equal(after(freeze, leads("b"), at(3)), freeze)
  t.match(sentence(after(freeze, leads("c"), at(3))), /^c leads after 3.0s/)
})

t.test("a later change of leader is no consequence of an order that ends no reign", async (t) => {
  for (const order of ["thaw", "pause", "resume"] as const) {
    const one = given(order, { leader: "b", obeyedMs: 1 })
    t.equal(after(one, leads("c"), at(30)), one, order)
  }
})

t.test("of several that lead one after the other the first is the heir", async (t) => {
  const first = after(given("stop", { leader: "b" }), leads("c"), at(1))
  t.equal(after(first, leads("d"), at(2)), first)
})

t.test("a hand-over comes true when the one that was named leads", async (t) => {
  const order = given("hand-over", { leader: "a" })
  t.equal(after(order, leads("c"), at(1)), order)
  t.equal(sentence(after(order, leads("b"), at(0.003))), "b leads after 3.0ms: a handed over")
})

t.test("a restart is over when a new one of the same name has joined", async (t) => {
  const restart = after(given("restart"), gone("id-b"), at(1))
  t.equal(after(restart, joined("b", "id-b"), at(2)), restart, "the old one is not the new one")
  t.equal(sentence(after(restart, joined("b", "new"), at(2))), "b is back after 2.0s, 3rd in line")
})

t.test("an order is forgotten when nothing can come of it any more", async (t) => {
  t.equal(pending([given("stop")], at(59)).length, 1)
  t.equal(pending([given("stop")], at(60)).length, 0)
})
