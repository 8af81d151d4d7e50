/**
 * What a change of leader costs on the wire, as counts: they are the same with three members and with thirty, and on any
 * machine. Who makes it dearer changes a figure here.
 */
import { connect } from "nats"
import t, { type Test } from "tap"
import { evict } from "../../src/coordinator/eviction.js"
import { openKvBucket } from "../../src/jetstream/kv-bucket.js"
import { timingsOf } from "../../src/lease/timings.js"
import type { StandingClaim } from "../../src/protocol/claim.js"
import { namesOf } from "../../src/protocol/names.js"
import { systemClock } from "../../src/time/system-clock.js"
import type { PoolWorker } from "../../src/worker/worker.js"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { testPool } from "../fixtures/pool.js"
import { PATIENCE_MS } from "../fixtures/until.js"
import { recordWrites, type Write } from "../fixtures/wire.js"

/** How many there are, and how many of them the claim of the first leader names. */
const SIZES = [
  [3, 2],
  [30, 8],
] as const

/** What who leads next has written when it leads, write by write. The last one tells who gave it the word. */
const TAKEOVER = [["SUB work.leader", "SUB work.held", "HPUB $KV.pool_work.leader"], ["PUB _INBOX"]]
/** What the last leader, or the witness of its death, has written when the word is said, but for unsubscribing. */
const WORD = [["SUB work.claim", "PUB work.heir.*"]]

/** How many messages all have sent, by subject, once the new leader has published its line. */
const SENT = { "work.heir.*": 1, "work.claim": 2, "$KV.pool_work.leader": 2 }

for (const [size, heirs] of SIZES) {
  t.test(`among ${size}, a change of leader is a word, a claim and an answer`, async (t) => {
    const pool = await testPool(t)
    const timings = timingsOf({ leaseMs: LONG_LEASE_MS })
    stepsLast(t, timings.stepMs)
    const writes = recordWrites(t)
    const connection = await connect({ servers: pool.server.url })
    t.teardown(() => connection.close())
    const oldest = await pool.join("m0")
    const next = await pool.join("m1", { connection, connect: undefined })
    const others = Array.from({ length: size - 2 }, (_, n) => `m${n + 2}`)
    await Promise.all(others.map((name) => pool.join(name)))
    await pool.claims.until((all) => isLine(all.at(-1), oldest, heirs))

    await t.test("when it is handed over", async (t) => {
      writes.length = 0
      await oldest.handOver()
      await pool.claims.until((all) => isLine(all.at(-1), next, heirs))
      const [teller = [], heir = [], ...rest] = talkersIn(writes)
      t.strictSame(teller.slice(0, WORD.length), WORD)
      t.strictSame(heir.slice(0, TAKEOVER.length), TAKEOVER)
      t.strictSame(rest, [], "nobody else says anything")
      t.match(sentIn(writes), SENT)
    })

    await t.test("when its holder dies, and a witness tells", async (t) => {
      const bus = await connect({ servers: pool.server.url })
      t.teardown(() => bus.close())
      const names = namesOf("work")
      const bucket = await openKvBucket(bus, names.bucket, timings)
      const { id, member, leader: standing } = next
      await connection.close()
      writes.length = 0
      const witness = { bus, bucket, names, clock: systemClock, stepMs: timings.stepMs, by: "me" }
      await evict(witness, { key: member.key, id, standing }, "killed")
      await pool.leads("m0", standing?.revision)
      const [teller = [], heir = [], ...rest] = talkersIn(writes)
      t.strictSame(teller.slice(0, WORD.length), WORD)
      t.strictSame(heir.slice(0, TAKEOVER.length), TAKEOVER)
      t.strictSame(rest, [], "nobody else says anything")
      t.match(sentIn(writes), { "work.heir.*": 1 })
    })
  })
}

/** The next in line is told only after minutes: a busy machine is no reason here. */
function stepsLast(t: Test, stepMs: number): void {
  const { after } = systemClock
  systemClock.after = (ms, wake) => after(ms === stepMs ? PATIENCE_MS : ms, wake)
  t.teardown(() => {
    systemClock.after = after
  })
}

/** Whether it is a renewal of this one's reign, with as many heirs. */
function isLine(standing: StandingClaim | undefined, { id }: PoolWorker, heirs: number): boolean {
  const { claim } = standing ?? {}
  return claim?.id === id && claim.term !== undefined && claim.heirs.length === heirs
}

/** What each connection that says anything has written, write by write, in the order in which they began. */
function talkersIn(writes: readonly Write[]): string[][][] {
  const talkers = new Map<number, string[][]>()
  for (const { port, commands } of writes) {
    const said = commands.filter((command) => command !== "UNSUB")
    if (said.length === 0) continue
    const before = talkers.get(port)
    if (before) before.push(said)
    else talkers.set(port, [said])
  }
  return [...talkers.values()]
}

/** How often each subject was published to. */
function sentIn(writes: readonly Write[]): Record<string, number> {
  const sent: Record<string, number> = {}
  for (const command of writes.flatMap(({ commands }) => commands)) {
    const [, subject] = /^H?PUB (.*)/.exec(command) ?? []
    if (subject) sent[subject] = (sent[subject] ?? 0) + 1
  }
  return sent
}
