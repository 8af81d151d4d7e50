/**
 * Your own tests, without a server: the pool lives in this process, and its time passes when the test says so.
 *
 *   node --test examples/local-pool.test.js
 */
import assert from "node:assert/strict"
import { once } from "node:events"
import { test } from "node:test"
import { joinPool, LocalPools, PoolClient } from "service-pool-leader"

test("when the leader leaves, the next one sweeps", async () => {
  const local = new LocalPools()
  const swept = []
  const member = (name) =>
    joinPool({
      ...{ local, name },
      leaderWork: () => `${name} does it`,
      async lead({ term, signal }) {
        swept.push({ name, term })
        if (!signal.aborted) await once(signal, "abort")
      },
    })
  const a = await member("a")
  const b = await member("b")
  await a.leave()
  const client = PoolClient.local({ local })
  assert.equal((await client.leaderWork("books")).text(), "b does it")
  assert.deepEqual(
    swept.map(({ name }) => name),
    ["a", "b"],
  )
  assert.ok(swept[1].term > swept[0].term, "terms only grow")
  await client.close()
  await b.leave()
})
