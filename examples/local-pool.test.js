/**
 * Your own tests, without a server: the pool lives in this process.
 *
 *   node --test examples/local-pool.test.js
 */
import assert from "node:assert/strict"
import { test } from "node:test"
import { joinPool, LocalPools, PoolClient } from "service-pool-leader"

test("when the leader leaves, the next one does its work", async (t) => {
  const local = new LocalPools()
  const reigns = []
  const member = async (name) => {
    const worker = await joinPool({
      ...{ local, name },
      leaderWork: () => `${name} does it`,
      lead: ({ term }) => void reigns.push({ name, term }),
    })
    t.after(() => worker.leave())
    return worker
  }
  const a = await member("a")
  await member("b")
  const client = PoolClient.local({ local })
  t.after(() => client.close())

  assert.equal((await client.leaderWork("books")).text(), "a does it")
  await a.leave()
  assert.equal((await client.leaderWork("books")).text(), "b does it")
  assert.deepEqual(
    reigns.map(({ name }) => name),
    ["a", "b"],
  )
  assert.ok(reigns[1].term > reigns[0].term, "terms only grow")
})
