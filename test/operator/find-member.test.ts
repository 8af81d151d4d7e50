import t from "tap"
import { NoWorkers } from "../../src/errors/errors.js"
import { findMember, NoMember, SeveralMembers } from "../../src/operator/find-member.js"
import { member } from "../fixtures/members.js"

const a = member("a")
const b = member("b")
const secondB = member("b")

t.test("a member is found by its name", async (t) => {
  t.equal(findMember("work", [a, b], "b"), b)
})

t.test("a member is found by its id, also where others have the same name", async (t) => {
  t.equal(findMember("work", [a, b, secondB], secondB.id), secondB)
})

t.test("an id counts before a name that looks the same", async (t) => {
  const namesake = member(a.id)
  t.equal(findMember("work", [namesake, a], a.id), a)
  t.equal(findMember("work", [a, namesake, member(a.id)], a.id), a)
})

t.test("of several with one name none is taken: each is named by its id", async (t) => {
  const error = t.throws(() => findMember("work", [a, b, secondB], "b"), SeveralMembers)
  t.match(error, {
    code: "several-members",
    members: [b, secondB],
    message: new RegExp(`^2 members are called "b"; .*${b.id}.*${secondB.id}`),
  })
})

t.test("a name that nobody has is an error that says which there are, each once", async (t) => {
  const error = t.throws(() => findMember("work", [a, b, secondB], "c"), NoMember)
  t.match(error, {
    code: "no-member",
    message: 'no member "c" in pool "work"; there are a, b',
  })
})

t.test("of many members eight are named", async (t) => {
  const many = Array.from({ length: 9 }, (_, n) => member(`m${n}`))
  t.throws(() => findMember("work", many, "c"), {
    message: 'no member "c" in pool "work"; there are m0, m1, m2, m3, m4, m5, m6, m7 and more',
  })
})

t.test("a name is not taken for another because of its letters' case", async (t) => {
  t.throws(() => findMember("work", [a], "A"), NoMember)
})

t.test("where nobody is there that is what is said", async (t) => {
  t.throws(() => findMember("work", [], "a"), NoWorkers)
})
