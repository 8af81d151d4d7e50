import t from "tap"
import { HeldJobs } from "../../../src/jobs/give-back/held-jobs.js"
import { JobTeller } from "../../../src/jobs/give-back/job-teller.js"
import type { JobsWord } from "../../../src/jobs/give-back/job-witness.js"

/** A supervisor's side, with a clock, and what it published. */
function stage() {
  const now = { monoMs: 0, wallMs: 1_000 }
  const published: string[] = []
  const words: unknown[] = []
  const bus = {
    publish: (ticket: string, word: unknown) => {
      published.push(ticket)
      words.push(word)
    },
  }
  const held = new HeldJobs(() => now)
  return { now, published, words, bus, held }
}

t.test("what a dead worker ran is given back, but not what was done", async (t) => {
  const { held, bus, published } = stage()
  held.heard({
    held: [
      ["a", 5, 1_005],
      ["b", 5, 1_005],
    ],
    over: [],
  })
  held.heard({ held: [["c", 5, 1_005]], over: ["a"] })
  t.equal(held.giveBack(bus), 2)
  t.strictSame(published, ["b", "c"])
  t.equal(held.giveBack(bus), 0, "once")
})

t.test("what is to be handed out later is given back with a delay", async (t) => {
  const { held, bus, words } = stage()
  held.heard({
    held: [
      ["a", 5, 1_005, 50],
      ["b", 5, 1_005],
    ],
    over: [],
  })
  held.giveBack(bus)
  t.strictSame(words, ['-NAK {"delay":50000000}', "-NAK"])
})

t.test("nothing is given back whose lease may be over, by either clock", async (t) => {
  const { held, bus, now } = stage()
  held.heard({
    held: [
      ["a", 5, 2_000],
      ["b", 500, 1_005],
      ["c", 500, 2_000],
    ],
    over: [],
  })
  now.monoMs += 10
  now.wallMs += 10
  t.equal(held.giveBack(bus), 1)
})

t.test("nothing is given back while there is no connection", async (t) => {
  const { held, bus, published } = stage()
  held.heard({ held: [["a", 5, 1_005]], over: [] })
  t.equal(held.giveBack({ ...bus, info: undefined }), 0)
  t.strictSame(published, [])
})

/** A worker's side, whose channel takes words when the test says so. */
function channel() {
  const words: JobsWord[] = []
  const sent: (() => void)[] = []
  const send = (word: JobsWord, told: () => void) => {
    words.push(word)
    sent.push(told)
  }
  const teller = new JobTeller(send, () => ({ monoMs: 100, wallMs: 1_000 }))
  return { teller, words, take: () => sent.shift()?.() }
}

t.test("a worker says at once what it runs, and until when that is its own", async (t) => {
  const { teller, words } = channel()
  teller.holds([{ ticket: "a", forMs: 50 }], [])
  t.strictSame(words, [{ type: "jobs", held: [["a", 150, 1_050]], over: [] }])
})

t.test("it says how much later a job is to be handed out, if not at once", async (t) => {
  const { teller, words } = channel()
  const later = { ticket: "a", forMs: 50, afterMs: 20 }
  teller.holds([later, { ticket: "b", forMs: 50, afterMs: 0 }], [])
  t.strictSame(words[0]?.held, [
    ["a", 150, 1_050, 20],
    ["b", 150, 1_050],
  ])
})

t.test("words don't pile up, and what has ended meanwhile is not told as held", async (t) => {
  const { teller, words, take } = channel()
  for (const ticket of ["a", "b", "c"]) teller.holds([{ ticket, forMs: 50 }], [])
  teller.holds([], ["b"])
  t.equal(words.length, 1)
  take()
  t.strictSame(words[1], { type: "jobs", held: [["c", 150, 1_050]], over: ["b"] })
  take()
  t.equal(words.length, 2)
})

t.test("what is let go is told before that resolves", async (t) => {
  const { teller, words, take } = channel()
  teller.holds([{ ticket: "a", forMs: 50 }], [])
  let isTold = false
  const told = teller.letsGo(["a"]).then(() => {
    isTold = true
  })
  take()
  await null
  t.notOk(isTold, "not with a word that was under way before")
  t.strictSame(words[1]?.over, ["a"])
  take()
  await told
})
