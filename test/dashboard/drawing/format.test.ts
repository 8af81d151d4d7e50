import t from "tap"
import {
  count,
  duration,
  ended,
  latency,
  middle,
  plural,
  rate,
  remaining,
  startedAt,
  timeOfDay,
} from "../../../src/dashboard/drawing/format.js"

process.env.TZ = "UTC"

t.test("counts have at most five cells, with a unit from 10,000 on", async (t) => {
  const cases: [number, string][] = [
    [0, "0"],
    [871, "871"],
    [1204, "1,204"],
    [9999, "9,999"],
    [10_000, "10.0k"],
    [12_345, "12.3k"],
    [99_949, "99.9k"],
    [99_950, "100k"],
    [999_499, "999k"],
    [999_500, "1.0M"],
    [4_530_000, "4.5M"],
    [999_600_000, "1.0G"],
  ]
  for (const [n, text] of cases) t.equal(count(n), text)
  for (let n = 1; n < 1e9; n = n * 3 + 1) t.ok(count(n).length <= 5, count(n))
})

t.test("durations have two units and at most six cells", async (t) => {
  const cases: [number, string][] = [
    [-5, "0s"],
    [999, "0s"],
    [42_000, "42s"],
    [588_000, "9m48s"],
    [62_000, "1m02s"],
    [3_900_000, "1h05m"],
    [86_400_000 * 3 + 3600_000 * 4, "3d04h"],
    [86_400_000 * 123, "123d"],
  ]
  for (const [ms, text] of cases) t.equal(duration(ms), text)
  for (let ms = 1; ms < 1e11; ms = ms * 2.3 + 1) t.ok(duration(ms).length <= 6, duration(ms))
})

t.test("latencies keep two digits and change the unit where they would need more", async (t) => {
  const cases: [number, string][] = [
    [0, "0us"],
    [0.02, "20us"],
    [0.0994, "99us"],
    [0.0996, "0.1ms"],
    [0.4, "0.4ms"],
    [2.04, "2.0ms"],
    [9.94, "9.9ms"],
    [9.96, "10ms"],
    [999.4, "999ms"],
    [999.6, "1.0s"],
    [1234, "1.2s"],
    [9949, "9.9s"],
    [9951, "10s"],
    [73_000, "1m13s"],
  ]
  for (const [ms, text] of cases) t.equal(latency(ms), text)
})

t.test("time that is left never goes below zero", async (t) => {
  t.equal(remaining(3840), "3.8s")
  t.equal(remaining(-1), "0.0s")
  t.equal(remaining(33_200), "33s")
  t.equal(remaining(125_000), "2m05s")
})

t.test("rates are whole, except below one", async (t) => {
  t.equal(rate(0), "0/s")
  t.equal(rate(0.5), "0.5/s")
  t.equal(rate(20.6), "21/s")
  t.equal(rate(12_345), "12.3k/s")
})

t.test(
  "times of day are of this machine; what began earlier than a day ago shows the day",
  async (t) => {
    const now = Date.UTC(2026, 2, 9, 12, 38, 14)
    t.equal(timeOfDay(now), "12:38:14")
    t.equal(startedAt(now - 3600_000, now), "11:38:14")
    t.equal(startedAt(now - 86_400_000 * 2, now), "Mar 07")
  },
)

t.test("a long name loses its middle and keeps its end", async (t) => {
  t.equal(middle("worker", 6, "…"), "worker")
  t.equal(middle("a-very-long-name-17", 10, "…"), "a-ve…me-17")
  t.equal(middle("worker-17", 6, "~"), "wo~-17")
  t.equal(middle("worker", 1, "…"), "w")
})

t.test("a long sentence loses its end", async (t) => {
  t.equal(ended("leads, term 4", 8, "…"), "leads, …")
  t.equal(ended("leads", 8, "…"), "leads")
})

t.test("one worker, two workers", async (t) => {
  t.equal(plural(1, "worker"), "1 worker")
  t.equal(plural(0, "worker"), "0 workers")
  t.equal(plural(1500, "worker"), "1,500 workers")
})
