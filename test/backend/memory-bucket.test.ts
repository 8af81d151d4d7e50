import t from "tap"
import { MemoryBucket } from "../../src/backend/memory-bucket.js"
import { ManualClock } from "../fixtures/manual-clock.js"

const value = (text: string) => new TextEncoder().encode(text)

function bucketWith(ttlMs = 6000) {
  const clock = new ManualClock()
  return { clock, bucket: new MemoryBucket(clock, ttlMs) }
}

t.test("an entry expires as long after its last write as the bucket says", async (t) => {
  const { bucket, clock } = bucketWith(6000)
  await bucket.put("a", value("1"))
  await clock.pass(5000)
  await bucket.put("a", value("2"))
  await clock.pass(5999)
  t.ok(await bucket.get("a"))
  await clock.pass(1)
  t.equal(await bucket.get("a"), undefined)
  t.equal(await bucket.write("a", value("3"), 0), 3)
})

t.test("a purge keeps counting revisions, a bucket created anew begins at 1", async (t) => {
  const { bucket } = bucketWith()
  await bucket.put("a", value("1"))
  bucket.wipe()
  t.equal(await bucket.get("a"), undefined)
  t.equal(await bucket.write("a", value("1"), 0), 2)
  bucket.wipe(Number.POSITIVE_INFINITY)
  t.equal(await bucket.write("a", value("1"), 0), 1)
})
