import t from "tap"
import * as v from "valibot"
import { z } from "zod"
import { LocalPools } from "../../src/backend/local-pools.js"
import { PoolClient } from "../../src/client/client.js"
import { reasonOf, statusOf } from "../../src/errors/thrown.js"
import type { Leadership } from "../../src/lease/leadership.js"
import { checked } from "../../src/work/checked.js"
import { joinPool } from "../../src/worker/worker.js"
import { HOSTILE } from "../fixtures/hostile.js"

const Mail = z.object({
  to: z.array(z.object({ address: z.string() })),
  urgent: z.boolean().default(false),
})

/** What a pool with these handlers answers to `payload`. */
async function asked(handlers: Parameters<typeof joinPool>[0], payload: unknown, leader = false) {
  const local = new LocalPools()
  const worker = await joinPool({ local, ...handlers })
  const client = PoolClient.local({ local })
  try {
    const answer = await (leader ? client.leaderWork(payload) : client.work(payload))
    return answer.text()
  } catch (error) {
    const { status, message } = error as { status?: number; message: string }
    return `${status}: ${message}`
  } finally {
    await client.close()
    await worker.leave()
  }
}

t.test("a handler gets what the schema makes of the payload, in its type", async (t) => {
  const work = checked(Mail, ({ to, urgent }) => {
    const addresses: string[] = to.map(({ address }) => address)
    const isUrgent: boolean = urgent
    return { addresses, isUrgent }
  })
  const answer = await asked({ work }, { to: [{ address: "ann@example.org" }], more: 1 })
  t.equal(answer, `{"addresses":["ann@example.org"],"isUrgent":false}`)
})

t.test("what the schema refuses is a 400 that names the field, and is not handled", async (t) => {
  const work = checked(Mail, () => t.fail("handled"))
  t.match(await asked({ work }, { to: [{ address: 1 }] }), /^400: .*payload\.to\[0\]\.address: /)
  t.match(await asked({ work }, 7), /^400: .*payload: /)
  t.match(await asked({ work }, "{"), /^400: .*the payload is not JSON/)
  const many = { to: Array.from({ length: 5 }, () => ({ address: 1 })) }
  t.match(await asked({ work }, many), /to\[2\]\.address: [^;]*; and 2 more/)
})

t.test("any library's schema will do, also one that takes its time", async (t) => {
  const isFree = async (name: string) => name !== "ann"
  const Name = v.objectAsync({ name: v.pipeAsync(v.string(), v.checkAsync(isFree, "is taken")) })
  const work = checked(Name, ({ name }) => `hello ${name}`)
  t.equal(await asked({ work }, { name: "bob" }), "hello bob")
  t.match(await asked({ work }, { name: "ann" }), /^400: .*payload\.name: is taken/)
})

t.test("tracked work is checked too, and has its leadership", async (t) => {
  const leaderWork = checked(Mail, ({ to }, job, { term }: Leadership) => ({
    ...{ count: to.length, by: job.member.name, isTerm: term > 0 },
  }))
  t.match(await asked({ name: "a", leaderWork }, { to: [] }, true), `{"count":0,"by":"a"`)
})

t.test("a schema that can't say what is wrong refuses all the same", async (t) => {
  /** What a schema of this answer makes of a payload. */
  const said = async (answer: () => unknown) => {
    const schema = { "~standard": { version: 1, vendor: "mine", validate: answer } } as never
    try {
      return await checked(schema, (payload) => payload)({ json: () => ({}) } as never)
    } catch (error) {
      return `${statusOf(error)} ${reasonOf(error)}`
    }
  }
  for (const [name, made] of Object.entries(HOSTILE)) {
    t.match(await said(() => ({ issues: [made()] })), /^(400|500) \S/, name)
    t.match(await said(() => ({ issues: [{ message: made() }] })), /^400 payload: /, name)
    t.match(await said(() => ({ issues: [{ path: made(), message: "no" }] })), /^400 payload/, name)
    const fails = () => {
      throw made()
    }
    t.match(await said(fails), /^500 /, name)
    t.match(await said(async () => fails()), /^500 /, name)
  }
  const then = (yes: (result: unknown) => void) => yes({ issues: [{ message: "no" }] })
  t.equal(await said(() => ({ then })), "400 payload: no", "a promise of its own kind")
  const list = { message: ["too short", "too plain"], path: ["word"] }
  t.equal(await said(() => ({ issues: [list] })), "400 payload.word: too short; too plain")
})
