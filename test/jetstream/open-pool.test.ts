import t from "tap"
import type { Bucket } from "../../src/contracts/bucket.js"
import { tellIfFar } from "../../src/jetstream/open-pool.js"
import { timingsOf } from "../../src/lease/timings.js"
import { until } from "../fixtures/until.js"

const timings = timingsOf({ leaseMs: 200 })

/** What is told of a bucket that was far when the pool was opened, and answers a lease later after `tripMs`. */
async function toldOf(tripMs: number): Promise<string[]> {
  const told: string[] = []
  let answered = 0
  const get = async () => {
    if (tripMs > 0) await new Promise((resolve) => setTimeout(resolve, tripMs))
    answered += 1
    return undefined
  }
  const report = (problem: string) => told.push(problem)
  tellIfFar({ bucket: { get } as Partial<Bucket> as Bucket, timings, isFar: true }, report)
  await until("it was looked at again", () => answered > 0 && (tripMs === 0 || told.length > 0))
  return told
}

t.test("who was far, and still is a lease later, is told", async (t) => {
  t.match(await toldOf(30), [/^the bucket answers after \d+ ms/])
})

t.test("a bucket that was only busy is no news", async (t) => {
  t.strictSame(await toldOf(0), [])
})
