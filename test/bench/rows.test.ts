import t from "tap"
import { chosenOf, roundsOf } from "../../bench/part.js"
import { headOf, textOf } from "../../bench/report.js"
import { rowOf } from "../../bench/rows.js"
import { tableOf } from "../../bench/table.js"

const handOver = {
  what: "kind hand-over",
  unit: "ms",
  samples: [12, 16, 14],
  baseline: { what: "plain", samples: [4, 4, 4] },
} as const

t.test(
  "a ratio is that of the pairs, and a limit of it is kept or missed by its median",
  async (t) => {
    const { figures, ratio, met } = rowOf({
      ...handOver,
      limit: { of: "ratio", figure: "median", atMost: 3.5 },
    })
    t.match(figures, { n: 3, min: 12, median: 14, max: 16 })
    t.match(ratio, { min: 3, median: 3.5, max: 4 })
    t.equal(met, true)
    const missed = rowOf({ ...handOver, limit: { of: "ratio", figure: "max", atMost: 3.5 } })
    t.equal(missed.met, false)
  },
)

t.test("a limit can be how far it is above the baseline, pair by pair", async (t) => {
  const limited = (atMost: number) =>
    rowOf({ ...handOver, limit: { of: "difference", figure: "median", atMost } })
  t.equal(limited(10).met, true)
  t.equal(limited(9.9).met, false)
  t.match(tableOf([limited(10)]).join("\n"), /median beyond <= 10 +met/)
})

t.test("a limit can be one from below, and without one nothing is said to be met", async (t) => {
  const limit = { of: "figures", figure: "min", atLeast: 12.5 } as const
  t.equal(rowOf({ ...handOver, limit }).met, false)
  t.notOk("met" in rowOf(handOver))
})

t.test("what are no pairs, and what was not measured at all, is refused", async (t) => {
  const unpaired = { ...handOver, baseline: { what: "plain", samples: [4] } }
  t.throws(() => rowOf(unpaired), { message: "kind hand-over: 3 samples beside 1 are no pairs" })
  t.throws(() => rowOf({ ...handOver, samples: [] }), {
    message: "kind hand-over: nothing was measured",
  })
})

t.test(
  "a table has the baseline below what was measured, and numbers end below each other",
  async (t) => {
    const limit = { of: "ratio", figure: "median", atMost: 1.6 } as const
    t.strictSame(tableOf([rowOf({ ...handOver, limit })]), [
      "                n  min  median  p99      ratio (half of them)  limit",
      "kind hand-over  3   12      14   16  ms  3.50 (3.00 to 4.00)   ratio <= 1.6  MISSED",
      "  plain         3    4       4    4  ms",
    ])
    t.strictSame(tableOf([]), [])
  },
)

t.test("a part that failed says why in place of its table", async (t) => {
  const part = { part: "scale", seconds: 1.2, rows: [], failed: "no members" }
  t.strictSame(textOf(part), ["scale, 1 s: failed: no members"])
})

t.test("the head of a report names all that its figures depend on", async (t) => {
  const head = headOf({
    at: "2026-01-01T00:00:00.000Z",
    rounds: 5,
    versions: {
      product: { version: "1.0.0", commit: "abc1234+" },
      node: "v20.0.0",
      natsServer: "2.9.10",
      packages: { nats: "3.3.1" },
    },
    machine: { cpu: "Some CPU", cores: 2, memoryMB: 4096, load: 0.25 },
  })
  t.strictSame(head, [
    "service-pool-leader 1.0.0 (abc1234+), nats-server 2.9.10, node v20.0.0, nats 3.3.1",
    "2 cores of Some CPU, 4096 MB, load 0.3; 5 rounds",
  ])
})

t.test(
  "parts are chosen by name, in their own order; without a name it is all of them",
  async (t) => {
    const known = ["failover", "requests", "scale"]
    t.strictSame(chosenOf("", known), known)
    t.strictSame(chosenOf("", known, ["scale"]), ["failover", "requests"], "one only if named")
    t.strictSame(chosenOf("scale", known, ["scale"]), ["scale"])
    t.strictSame(chosenOf("scale, failover", known), ["failover", "scale"])
    t.throws(() => chosenOf("failover,request", known), {
      message: 'ONLY: expected some of failover,requests,scale, got "request"',
    })
  },
)

t.test("rounds are a count", async (t) => {
  t.equal(roundsOf("20"), 20)
  for (const text of ["", "0", "-1", "1.5", "many"]) {
    t.throws(() => roundsOf(text), { message: /^ROUNDS: expected a number from 1 to 9999, got "/ })
  }
})
