import fc from "fast-check"
import t from "tap"
import { headOf, headsOf, isMatch, isPattern, lastPartOf } from "../../src/protocol/subject.js"

t.test("a star stands for one part, an arrow for one or more at the end", async (t) => {
  const matches: [pattern: string, subject: string, isOne: boolean][] = [
    ["a.*.c", "a.b.c", true],
    ["a.*.c", "a.b.d", false],
    ["a.*", "a", false],
    ["a.*", "a.b.c", false],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    [">", "a", true],
    ["a*.b", "ab.b", false],
  ]
  for (const [pattern, subject, isOne] of matches) {
    t.equal(isMatch(pattern, subject), isOne, `${pattern} ${subject}`)
  }
  t.strictSame(["a.b", "a.*", ">", "a*.b"].map(isPattern), [false, true, true, false])
  t.equal(lastPartOf("a.b.c"), "c")
})

t.test("whoever may match is found by the head of its pattern", async (t) => {
  t.strictSame(["a.b.*.c", "*.a", ">", "a.>"].map(headOf), ["a.b", "", "", "a"])
  t.strictSame(headsOf("a.b.c"), ["", "a", "a.b"])
  const word = fc.constantFrom("a", "b", "ab")
  const subjects = fc.array(word, { minLength: 1, maxLength: 5 })
  let matched = 0
  fc.assert(
    fc.property(subjects, fc.array(fc.boolean()), fc.nat(5), (parts, stars, length) => {
      const subject = parts.join(".")
      const starred = parts.map((part, n) => (stars[n] ? "*" : part))
      for (const pattern of [starred, [...starred.slice(0, length), ">"]].map((it) =>
        it.join("."),
      )) {
        if (!isPattern(pattern) || !isMatch(pattern, subject)) continue
        matched += 1
        if (!headsOf(subject).includes(headOf(pattern))) return false
      }
      return true
    }),
  )
  t.ok(matched > 50, `${matched} matched`)
})
