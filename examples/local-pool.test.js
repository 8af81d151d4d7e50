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
  const member = async (name) => {
    const worker = await joinPool({
      ...{ local, name },
      leaderWork: () => `${name} does it`,
    })
    t.after(() => worker.leave())
    return worker
  }
  const a = await member("a")
  await member("b")
  const client = PoolClient.local({ local })
  t.after(() => client.close())

  const before = await client.leaderWork("books")
  assert.equal(before.text(), "a does it")
  await a.leave()
  const after = await client.leaderWork("books")
  assert.equal(after.text(), "b does it")
  assert.ok(after.term > before.term, "terms only grow")
})
