import { createHash } from "node:crypto"
import fc from "fast-check"
import t from "tap"
import {
  checkedId,
  checkedQueue,
  consumerOf,
  isId,
  jobNamesOf,
  jobSubjectIn,
  keyOf,
  keyOfId,
  queueOfConsumer,
} from "../../../src/jobs/contract/job-names.js"
import { isMatch } from "../../../src/protocol/subject.js"

const hash = (text: string) => createHash("sha256").update(text).digest("hex")
const names = jobNamesOf("mail")

t.test("any text is a key that can stand in a subject, and no two have the same", async (t) => {
  const texts = fc.oneof(fc.string({ minLength: 1 }), fc.string({ minLength: 100, maxLength: 300 }))
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      const key = keyOf(one, hash)
      const isFit = /^[A-Za-z0-9_=-]{1,128}$/.test(key)
      return isFit && (key === keyOf(other, hash)) === (one === other)
    }),
  )
  t.equal(keyOf("ann", hash), "ann")
  t.equal(keyOf("a b.*>ü", hash), "a=20b=2E=2A=3E=C3=BC")
  t.throws(() => keyOf("", hash), /unique: expected some text, got ""/)
})

t.test("a subject says what it is of, also one with more words than ours", async (t) => {
  const subject = names.subject("later", "send", 1, "ann")
  t.equal(subject, "mail.later.send.1.ann")
  t.strictSame(jobSubjectIn(subject), { place: "later", queue: "send", priority: 1, key: "ann" })
  t.match(jobSubjectIn("mail.job.send.0.a.b"), { key: "a.b" })
  const others = ["mail", "mail.claim", "mail.job.send.x.a", "mail.job.send.0", "mail.excused.5"]
  others.push("mail.job.so$nd.0.a", "mail.job..0.a")
  for (const other of others) t.equal(jobSubjectIn(other), undefined, other)
})

t.test("a key is looked for wherever its job may lie, and nowhere else", async (t) => {
  const anywhere = names.anywhere("send", "ann")
  t.ok(isMatch(anywhere, names.subject("job", "send", 0, "ann")))
  t.ok(isMatch(anywhere, names.subject("later", "send", 2, "ann")))
  t.notOk(isMatch(anywhere, names.subject("job", "send", 0, "bob")))
  t.notOk(isMatch(anywhere, names.excused(5)))
  t.notOk(isMatch(anywhere, names.result("ann")))
})

t.test("what one client enqueued is told of under one wildcard", async (t) => {
  t.equal(names.done("abc-12"), "mail.done.abc.12")
  t.equal(names.done("ann.abc-12"), "mail.done.abc.12", "what is unique too")
  t.equal(names.done("order"), "mail.done._.order")
  t.equal(keyOfId("ann.abc-12"), "ann")
  t.equal(keyOfId("abc-12"), "abc-12")
})

t.test("a consumer is of one queue and priority", async (t) => {
  for (const queue of ["send", "a_0", "_", "x-1"]) {
    t.strictSame(queueOfConsumer(consumerOf(queue, 2)), { queue, priority: 2 })
  }
  t.equal(queueOfConsumer("other"), undefined)
})

t.test("names that can't stand in a subject are refused, with what can", async (t) => {
  for (const queue of ["", "a.b", "a b", "*", "x".repeat(65)]) {
    t.throws(() => checkedQueue(queue), /queue: expected 1 to 64 letters/)
  }
  t.throws(() => checkedId("a.b"), /id: expected 1 to 128 letters/)
  t.ok(isId("ann.abc-12"))
  t.notOk(isId("a b"))
})
