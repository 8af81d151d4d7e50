import t from "tap"
import type { Line } from "../faults/history.js"
import { judge } from "../faults/judge.js"
import { Chance } from "../simulation/chance.js"
import { drawn, harmsOn } from "./harms.js"
import { operationsIn } from "./operations.js"
import { histogram, reportOf } from "./report.js"

const line = (at: number, who: string, rest: object) => ({ at, who, ...rest }) as Line
const claim = {
  what: "writing",
  write: "1",
  kind: "claim",
  over: 0,
  by: "a",
  nonce: "n",
  lease: 2000,
}
const HISTORY = [
  line(1, "a", claim),
  line(3, "a", { what: "wrote", write: "1", result: "ok", revision: 4 }),
  line(4, "a", { what: "acts", term: 4 }),
  line(5, "i1", { what: "asked", request: "i1-1", idempotent: true }),
  line(6, "i1", { what: "answered", request: "i1-1", term: 4, by: "a" }),
  line(7, "o1", { what: "asked", request: "o1-2", idempotent: false }),
  line(8, "a", { ...claim, write: "2", kind: "renewal", over: 4, term: 4 }),
  line(9, "o1", { what: "failed", request: "o1-2", code: "leader-changed", message: "" }),
  line(9, "a", { what: "ends", term: 4, reason: "released" }),
  line(30, "b", { what: "acts", term: 6 }),
]

t.test("operations tell of call and return, and of what never returned", async (t) => {
  t.match(operationsIn(HISTORY), [
    { process: "a", op: "claim", call: 1, return: 3, result: "ok", over: 0, revision: 4, term: 4 },
    { process: "i1", op: "request", call: 5, return: 6, result: "ok", term: 4, member: "a" },
    { op: "request", call: 7, return: 9, result: "unknown", code: "leader-changed" },
    { op: "renewal", call: 8, return: undefined, result: "unknown", over: 4, term: 4 },
  ])
})

t.test(
  "the report counts faults, reigns, gaps, requests and errors, and names what is broken",
  async (t) => {
    const more = { lines: HISTORY, harms: ["a worker killed", "a worker killed"], minutes: 1 }
    const good = reportOf({ ...more, verdict: judge(HISTORY) })
    for (const part of [/2 a worker killed/, /2 reigns/, /under 50 ms +1 #/, /1 leader-changed/]) {
      t.match(good, part)
    }
    t.notMatch(good, /BROKEN/)
    const bad = [...HISTORY, line(31, "a", { what: "acts", term: 4 })]
    const report = reportOf({ ...more, lines: bad, verdict: judge(bad) })
    t.match(report, /BROKEN two leaders \(1\)/)
    t.match(report, /holds {2}terms/)
  },
)

t.test("each gap stands in its class", async (t) => {
  t.match(histogram([0, 4, 5, 40_000]), [
    /under 5 ms +2 #+$/,
    /under 10 ms +1 #+$/,
    /longer +1 #+$/,
  ])
  t.strictSame(histogram([]), [])
})

t.test("the same seed draws the same faults, and all are drawn", async (t) => {
  for (const servers of [1, 3]) {
    const harms = harmsOn(servers)
    const draw = () => {
      const chance = new Chance(7)
      return Array.from({ length: 500 }, () => drawn(harms, chance).name)
    }
    t.strictSame(draw(), draw())
    t.equal(new Set(draw()).size, harms.length)
  }
})
