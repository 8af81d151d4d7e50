import t from "tap"
import type { Entry } from "../src/bucket.js"
import { RevisionMismatch } from "../src/errors.js"
import { MemoryBucket } from "../src/memory-bucket.js"
import { ManualClock } from "./fixtures/manual-clock.js"

const value = (text: string) => new TextEncoder().encode(text)
const text = (entry: Entry | undefined) => entry && new TextDecoder().decode(entry.value)

function bucketWith(ttlMs = 6000) {
  const clock = new ManualClock()
  return { clock, bucket: new MemoryBucket(clock, ttlMs) }
}

t.test("revisions grow with every write, whatever the key", async (t) => {
  const { bucket } = bucketWith()
  t.equal(await bucket.put("a", value("1")), 1)
  t.equal(await bucket.put("b", value("1")), 2)
  t.equal(await bucket.write("a", value("2"), 1), 3)
  t.match(await bucket.get("a"), { key: "a", revision: 3, deleted: false })
  t.equal(text(await bucket.get("a")), "2")
})

t.test("a write over another revision than the last is refused", async (t) => {
  const { bucket } = bucketWith()
  await bucket.put("a", value("1"))
  await bucket.put("a", value("2"))
  await t.rejects(bucket.write("a", value("3"), 1), RevisionMismatch)
  await t.rejects(bucket.write("a", value("3"), 0), RevisionMismatch)
  await t.rejects(bucket.write("b", value("3"), 1), RevisionMismatch)
  await t.rejects(bucket.remove("a", 1), RevisionMismatch)
})

t.test("over 0 means over nothing at all: a deletion's mark must be known", async (t) => {
  const { bucket } = bucketWith()
  await bucket.write("a", value("1"), 0)
  await bucket.remove("a", 1)
  t.match(await bucket.get("a"), { revision: 2, deleted: true })
  await t.rejects(bucket.write("a", value("2"), 0), RevisionMismatch)
  t.equal(await bucket.write("a", value("2"), 2), 3)
})

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

t.test("lists what lives, in the order of the keys", async (t) => {
  const { bucket } = bucketWith()
  for (const key of ["c", "a", "b"]) await bucket.put(key, value(key))
  await bucket.remove("b", 3)
  t.strictSame(
    (await bucket.entries()).map(({ key }) => key),
    ["a", "c"],
  )
})

t.test(
  "a watch tells what lives and what was deleted, that this is all, then each change until it is stopped",
  async (t) => {
    const { bucket } = bucketWith()
    await bucket.put("a", value("1"))
    await bucket.remove(".", await bucket.put(".", value("1")))
    const heard: string[] = []
    const stop = await bucket.watch({
      heard: ({ key, revision, deleted }) =>
        heard.push(`${key}@${revision}${deleted ? " deleted" : ""}`),
      caughtUp: () => heard.push("caught up"),
    })
    await bucket.put("b", value("1"))
    await bucket.remove("a", 1)
    stop()
    await bucket.put("c", value("1"))
    t.strictSame(heard, [".@3 deleted", "a@1", "caught up", "b@4", "a@5 deleted"])
  },
)

t.test("a purge keeps counting revisions, a bucket created anew begins at 1", async (t) => {
  const { bucket } = bucketWith()
  await bucket.put("a", value("1"))
  bucket.wipe(false)
  t.equal(await bucket.get("a"), undefined)
  t.equal(await bucket.write("a", value("1"), 0), 2)
  bucket.wipe(true)
  t.equal(await bucket.write("a", value("1"), 0), 1)
})
