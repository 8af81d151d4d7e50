import t from "tap"
import { exitCodeOf, sayingOf } from "../../../src/commands/terminal/ending.js"
import { BadInput } from "../../../src/errors/errors.js"

t.test("a server that is silent is told in words that say what to do", async (t) => {
  const timeout = Object.assign(new Error("timeout"), { name: "TimeoutError" })
  t.match(sayingOf(timeout, false), /^pool: JetStream did not answer in time: .* pool doctor$/)
  t.match(sayingOf(timeout, true), /^pool: .*timeout/)
  t.equal(exitCodeOf(timeout), 1)
})

t.test("our own errors are said as they are, others with where to see more", async (t) => {
  t.equal(sayingOf(new BadInput("a", "b", "c"), false), 'pool: a: expected b, got "c"')
  t.equal(exitCodeOf(new BadInput("a", "b", "c")), 2)
  t.equal(sayingOf(new Error("odd\nmore"), false), "pool: odd (more with --verbose)")
})
