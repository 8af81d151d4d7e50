import t from "tap"
import { MemoryBucket } from "../../src/backend/memory-bucket.js"
import { ServerClock } from "../../src/membership/server-clock.js"
import type { Clock } from "../../src/time/clock.js"
import { ManualClock } from "../fixtures/manual-clock.js"

const HOUR_MS = 3_600_000

/** A machine whose clocks can be wrong, beside a server whose clock is right. */
function stage() {
  const right = new ManualClock()
  const wrong = { wallMs: HOUR_MS, monoMs: 0 }
  const clock: Clock = {
    now: () => ({
      monoMs: right.now().monoMs - wrong.monoMs,
      wallMs: right.now().wallMs + wrong.wallMs,
    }),
    after: (ms, wake) => right.after(ms, wake),
  }
  const bucket = new MemoryBucket(right, 6000)
  const server = new ServerClock(bucket, clock)
  const errorMs = () => server.msAt(clock.now()) - right.now().wallMs
  return { right, wrong, bucket, server, clock, errorMs }
}

t.test("a machine an hour off knows the time of the server", async (t) => {
  const { right, server, errorMs } = stage()
  t.equal(errorMs(), HOUR_MS, "as long as it has not asked it has its own")
  await server.read()
  t.equal(errorMs(), 0)
  await right.pass(60_000)
  t.equal(errorMs(), 0)
})

t.test("a wall clock that is set later changes nothing", async (t) => {
  const { right, wrong, server, errorMs } = stage()
  await server.read()
  wrong.wallMs = -HOUR_MS
  t.equal(errorMs(), 0)
  await right.pass(1000)
  await server.refresh()
  t.equal(errorMs(), 0)
})

t.test("after a suspension, in which the monotonic clock stood still, it asks again", async (t) => {
  const { wrong, server, errorMs } = stage()
  await server.read()
  wrong.monoMs = 40_000
  t.equal(errorMs(), -40_000)
  await server.refresh()
  t.equal(errorMs(), 0)
})

t.test("it asks again from time to time, and not otherwise", async (t) => {
  const { right, bucket, server } = stage()
  let asked = 0
  const put = bucket.put.bind(bucket)
  bucket.put = (...of) => {
    asked += 1
    return put(...of)
  }
  await server.refresh()
  t.equal(asked, 0, "it has never asked: whoever joins does")
  await server.read()
  await right.pass(HOUR_MS / 2)
  await server.refresh()
  t.equal(asked, 1)
  await right.pass(HOUR_MS)
  await server.refresh()
  t.equal(asked, 2)
})

t.test("a bucket that fails leaves what was known", async (t) => {
  const { right, bucket, server, errorMs } = stage()
  await server.read()
  bucket.put = () => Promise.reject(new Error("down"))
  await right.pass(2 * HOUR_MS)
  await server.refresh()
  t.equal(errorMs(), 0)
})

t.test(
  "who asks after another was answered has a later time, however slow the answer was",
  async (t) => {
    const { right, bucket, server, clock } = stage()
    const first = await server.read()
    await right.pass(5)
    const get = bucket.get.bind(bucket)
    bucket.get = async (key) => {
      right.standStill(100)
      return get(key)
    }
    t.equal(await new ServerClock(bucket, clock).read(), first + 5)
  },
)
