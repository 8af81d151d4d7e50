import t from "tap"
import { BadInput } from "../../src/errors/errors.js"
import { checkedName, checkedPool, namesOf } from "../../src/protocol/names.js"

t.test("what a pool is called on the wire", async (t) => {
  const names = namesOf("work")
  t.match(names, { work: "work", leader: "work.leader", claim: "work.claim", bucket: "pool_work" })
  t.equal(names.heir("X"), "work.heir.X")
  t.equal(names.control("X"), "work.control.X")
})

t.test("a pool's name is a subject of one word, and short enough for a bucket", async (t) => {
  for (const name of ["", "a.b", "a b", "*", ">", "a/b", "é", "x".repeat(33)]) {
    t.throws(() => namesOf(name), BadInput, name)
    t.throws(() => checkedPool(name), BadInput, name)
  }
  t.equal(checkedPool("x".repeat(32)), "x".repeat(32))
})

t.test("a worker's name is part of a key", async (t) => {
  for (const name of ["", "a.b", "a b", "x".repeat(65)])
    t.throws(() => checkedName(name), BadInput, name)
  t.equal(checkedName("A_b-9"), "A_b-9")
  t.throws(
    () => checkedName("a.b"),
    /worker name: expected 1 to 64 letters, digits, "-" or "_", got "a.b"/,
  )
})
