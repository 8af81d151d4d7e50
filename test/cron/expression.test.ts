import fc from "fast-check"
import t from "tap"
import { ticksOf } from "../../src/cron/expression.js"

const ZONE = "Europe/Vienna"

/** The ticks of `at` in Vienna between two times, in UTC. */
function between(at: string, from: string, until: string): string[] {
  const ticks = ticksOf(at, ZONE, "it")
  const found: string[] = []
  let tick = ticks.after(Date.parse(from))
  while (tick !== undefined && tick <= Date.parse(until)) {
    found.push(new Date(tick).toISOString().slice(11, 16))
    tick = ticks.after(tick)
  }
  return found
}

// At 01:00 UTC it is 3 o'clock at once, and 2:30 is left out.
const spring = (at: string) => between(at, "2027-03-27T23:00:00Z", "2027-03-28T04:00:00Z")
// At 01:00 UTC it is 2 o'clock for the second time.
const autumn = (at: string) => between(at, "2027-10-30T22:00:00Z", "2027-10-31T04:00:00Z")

t.test("in the hour that is left out a fixed time comes when it is over, once", async (t) => {
  t.strictSame(spring("30 2 * * *"), ["01:00"])
  t.strictSame(spring("0 3 * * *"), ["01:00"])
  t.strictSame(spring("0 2,3 * * *"), ["01:00"], "also if both fall together")
  t.strictSame(between("30 2 * * *", "2027-03-28T02:00:00Z", "2027-03-29T02:00:00Z"), ["00:30"])
})

t.test("of ranges and steps it falls out, and nothing comes twice", async (t) => {
  t.strictSame(spring("30 * * * *"), ["23:30", "00:30", "01:30", "02:30", "03:30"])
  t.strictSame(spring("30 2-4 * * *"), ["01:30", "02:30"])
  t.strictSame(spring("*/30 2 * * *"), [])
})

t.test("in the hour that comes twice a fixed time comes in the first", async (t) => {
  t.strictSame(autumn("30 2 * * *"), ["00:30"])
  t.strictSame(autumn("0 3 * * *"), ["02:00"])
})

t.test("ranges and steps come in both", async (t) => {
  t.strictSame(autumn("*/30 * * * *").slice(2, 8), [
    ...["23:30", "00:00", "00:30", "01:00", "01:30", "02:00"],
  ])
  t.strictSame(autumn("*/30 2 * * *"), ["00:00", "00:30", "01:00", "01:30"])
})

t.test("the next tick does not depend on from where in between it is looked for", async () => {
  const days = [Date.parse("2027-03-27T12:00:00Z"), Date.parse("2027-10-30T12:00:00Z")]
  const expressions = ["30 2 * * *", "*/20 * * * *", "15 1-3 * * *", "0 2,3 * * *", "@hourly"]
  fc.assert(
    fc.property(
      fc.constantFrom(...days),
      fc.constantFrom(...expressions),
      fc.nat(24 * 3_600_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (day, at, offset, part) => {
        const ticks = ticksOf(at, ZONE, "it")
        const next = ticks.after(day + offset) as number
        const inBetween = day + offset + Math.floor(part * (next - day - offset - 1))
        return next > day + offset && ticks.after(inBetween) === next
      },
    ),
    { numRuns: 60 },
  )
})

t.test("what can't be read is told in a line, with what came", async (t) => {
  const wrong: [string, string, RegExp][] = [
    ["0 25 * * *", "UTC", /^it: at: expected five fields .*hour: 25\), got "0 25 \* \* \*"$/],
    ["* * *", "UTC", /five fields .* got "\* \* \*"$/],
    ["2027-01-01T00:00:00", "UTC", /five fields/],
    ["@sometimes", "UTC", /five fields/],
    ["0 0 30 2 *", "UTC", /an expression that comes some day, got "0 0 30 2 \*"/],
    [
      "0 3 * * *",
      "Mars/Base",
      /^it: tz: expected a time zone such as Europe\/Vienna.*"Mars\/Base"/,
    ],
  ]
  for (const [at, tz, message] of wrong) {
    t.throws(() => ticksOf(at, tz, "it"), { code: "bad-input", message })
  }
})
