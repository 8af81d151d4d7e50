import { connect } from "nats"
import t, { type Test } from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import type { Adjustment, Bucket, Entry } from "../../src/contracts/bucket.js"
import { RevisionMismatch } from "../../src/errors/errors.js"
import { openKvBucket } from "../../src/jetstream/kv-bucket.js"
import type { Timings } from "../../src/lease/timings.js"
import { namesOf } from "../../src/protocol/names.js"
import { testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

/** Opens the bucket of this pool, with this ttl. */
type Open = (pool: string, ttlMs: number, report?: (it: Adjustment) => void) => Promise<Bucket>

/** What a pool expects of a bucket: of one on a server, and of the one in memory alike. */
const KINDS: Record<string, (t: Test) => Promise<Open>> = {
  "a bucket on a server": async (t) => {
    const server = await testServer(t)
    const connection = await connect({ servers: server.url })
    t.teardown(() => connection.close())
    return (pool, memberTtlMs, report) =>
      openKvBucket(connection, namesOf(pool).bucket, { memberTtlMs, replicas: 1 }, report)
  },
  "the bucket in memory": async () => {
    const local = new LocalPools()
    return async (pool, memberTtlMs, report) =>
      local.backend("a", namesOf(pool), { memberTtlMs } as Timings, report).bucket
  },
}

const TTL_MS = 60_000
const value = (text: string) => new TextEncoder().encode(text)
const text = (entry: Entry | undefined) => entry && new TextDecoder().decode(entry.value)
const keys = (entries: Entry[]) => entries.map(({ key }) => key)

for (const [kind, make] of Object.entries(KINDS)) {
  t.test(kind, async (t) => {
    const open = await make(t)
    let pools = 0
    const fresh = () => open(`pool${++pools}`, TTL_MS)

    t.test("revisions grow with every write, whatever the key", async (t) => {
      const bucket = await fresh()
      const first = await bucket.put("a", value("1"))
      const second = await bucket.put("b", value("1"))
      const third = await bucket.write("a", value("2"), first)
      t.strictSame([second, third], [first + 1, first + 2])
      t.match(await bucket.get("a"), { key: "a", revision: third, deleted: false })
      t.equal(text(await bucket.get("a")), "2")
    })

    t.test("a write over another revision than the last is refused", async (t) => {
      const bucket = await fresh()
      const first = await bucket.put("a", value("1"))
      await bucket.put("a", value("2"))
      for (const [key, over] of [
        ["a", first],
        ["a", 0],
        ["b", first],
      ] as const) {
        await t.rejects(bucket.write(key, value("3"), over), RevisionMismatch)
      }
      await t.rejects(bucket.remove("a", first), RevisionMismatch)
      t.equal(text(await bucket.get("a")), "2")
    })

    t.test("a deletion's mark is written over only by who knows it", async (t) => {
      const bucket = await fresh()
      await bucket.remove("leader", await bucket.write("leader", value("1"), 0))
      const mark = await bucket.get("leader")
      t.match(mark, { deleted: true, evicted: false })
      await t.rejects(bucket.write("leader", value("2"), 0), RevisionMismatch)
      await bucket.remove(
        "leader",
        await bucket.write("leader", value("2"), mark?.revision ?? 0),
        true,
      )
      t.match(await bucket.get("leader"), { deleted: true, evicted: true })
    })

    t.test("lists what lives in the order of the keys; nothing of an empty one", async (t) => {
      const bucket = await fresh()
      t.strictSame(await bucket.entries(), [])
      t.strictSame(await bucket.keys(), [])
      for (const key of ["c", "a", "b"]) await bucket.put(key, value(key))
      await bucket.remove("b", (await bucket.get("b"))?.revision ?? 0)
      t.strictSame(keys(await bucket.entries()), ["a", "c"])
      t.strictSame(await bucket.keys(), ["a", "b", "c"], "the mark of a deletion has a key")
    })

    t.test(
      "a watch tells what is there, that this is all, then changes, until it is stopped",
      async (t) => {
        const bucket = await fresh()
        await bucket.put("a", value("1"))
        await bucket.remove("gone", await bucket.put("gone", value("1")))
        const heard: string[] = []
        const stop = await bucket.watch({
          heard: ({ key, deleted }) => heard.push(deleted ? `${key} deleted` : key),
          caughtUp: () => heard.push("caught up"),
        })
        await until("all was heard", () => heard.includes("caught up"))
        t.strictSame(heard.splice(0), ["a", "gone deleted", "caught up"])
        // A key has one value: who is slow to hear may miss one that another has overtaken.
        const changed = await bucket.put("a", value("2"))
        await until("the change was heard", () => heard.length > 0)
        await bucket.remove("a", changed)
        await until("the deletion was heard", () => heard.length > 1)
        t.strictSame(heard.splice(0), ["a", "a deleted"])
        stop()
        await bucket.put("b", value("1"))
        t.strictSame(await bucket.get("b").then(text), "1")
        t.strictSame(heard, [])
      },
    )

    t.test(
      "one who throws at what it hears keeps nobody from anything, itself neither",
      async (t) => {
        const warned = t.capture(process, "emitWarning", () => {})
        const bucket = await fresh()
        await bucket.put("a", value("1"))
        const heard: string[] = []
        const fails = (of: string) => {
          heard.push(of)
          throw new Error(of)
        }
        const stops = [
          await bucket.watch({
            heard: ({ key }) => fails(key),
            caughtUp: () => fails("caught up"),
          }),
          await bucket.watch({ heard: ({ key }) => heard.push(`other ${key}`) }),
        ]
        await until("all was heard", () => heard.length === 3)
        await bucket.put("b", value("1"))
        await bucket.put("c", value("1"))
        await until("changes were heard", () => heard.length === 7)
        t.strictSame(heard.toSorted(), [
          "a",
          "b",
          "c",
          "caught up",
          "other a",
          "other b",
          "other c",
        ])
        t.equal(warned().length, 4)
        for (const stop of stops) stop()
      },
    )

    t.test("bytes are shared with nobody: not with who wrote, read or heard them", async (t) => {
      const bucket = await fresh()
      const written = value("1")
      await bucket.put("a", written)
      written.fill(0)
      const heard: Uint8Array[] = []
      const spoil = ({ value }: Entry) => {
        heard.push(new Uint8Array(value))
        value.fill(0)
      }
      const stops = [await bucket.watch({ heard: spoil }), await bucket.watch({ heard: spoil })]
      await until("all was heard", () => heard.length === 2)
      await bucket.put("b", value("2"))
      await until("changes were heard", () => heard.length === 4)
      ;(await bucket.get("a"))?.value.fill(0)
      for (const entry of await bucket.entries()) entry.value.fill(0)
      t.equal(text(await bucket.get("a")), "1")
      t.strictSame(heard, [value("1"), value("1"), value("2"), value("2")])
      for (const stop of stops) stop()
    })

    t.test(
      "an entry expires after the ttl; nothing is under its key then, not even a mark",
      async (t) => {
        const bucket = await open("brief", 600)
        const revision = await bucket.put("a", value("1"))
        await until("it expired", async () => (await bucket.get("a")) === undefined)
        await t.rejects(bucket.write("a", value("2"), revision), RevisionMismatch)
        await bucket.write("a", value("2"), 0)
      },
    )

    t.test(
      "who opens it with another ttl adjusts it, and is told; what is in it stays",
      async (t) => {
        const told: Adjustment[] = []
        const report = (it: Adjustment) => void told.push(it)
        const before = await open("shared", TTL_MS, report)
        await before.put("a", value("1"))
        await open("shared", TTL_MS, report)
        t.strictSame(told, [])
        const bucket = await open("shared", 600, report)
        t.strictSame(told, [{ setting: "ttlMs", was: TTL_MS, is: 600 }])
        await bucket.put("b", value("1"))
        t.equal(text(await before.get("b")), "1")
        await until("it expired", async () => (await before.get("b")) === undefined)
      },
    )
  })
}
