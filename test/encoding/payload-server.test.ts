import t from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import { PoolClient } from "../../src/client/client.js"
import { joinPool } from "../../src/worker/worker.js"
import { shapes, shared } from "../fixtures/byte-shapes.js"
import { requester } from "../fixtures/requester.js"
import { testServer } from "../fixtures/server.js"

const sharedView = () => new Uint8Array(shared(0, 0, 0, 0))
const dataView = () => new DataView(new ArrayBuffer(4))

function fill<T extends ArrayBufferView>(view: T, value: number): T {
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(value)
  return view
}

t.test("a handler's bytes and a requester's arrive, over a server and without", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const local = new LocalPools()
  const byName = shapes()
  const answers = { work: (job: { text(): string }) => byName[job.text()]?.[0] }
  const echo = { leaderWork: (job: { data: Uint8Array }) => job.data }
  for (const over of [{ connection }, { local }]) {
    const worker = await joinPool({ ...over, ...answers, ...echo })
    const client = over.local ? PoolClient.local(over) : new PoolClient({ bus: connection })
    for (const [name, [value, holds]] of Object.entries(byName)) {
      t.strictSame([...(await client.work(name)).data], holds, name)
      t.strictSame([...(await client.leaderWork(value)).data], holds, name)
    }
    await t.rejects(client.work([new Map()]), { message: /payload\[0\] is a Map$/ })
    await client.close()
    await worker.leave()
  }
})

t.test("a buffer filled anew right after does not change what is under way", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const local = new LocalPools()
  const every = Array.from({ length: 50 }, (_, n) => n)
  for (const over of [{ connection }, { local }]) {
    for (const make of [() => new Uint8Array(4), () => Buffer.alloc(4), sharedView, dataView]) {
      const ofHandler = make()
      const work = (job: { data: Uint8Array }) => fill(ofHandler, job.data[0] as number)
      const worker = await joinPool({ ...over, work, leaderWork: work })
      const client = over.local ? PoolClient.local(over) : new PoolClient({ bus: connection })
      const ofRequester = make()
      for (const ask of ["work", "leaderWork"] as const) {
        const answers = every.map((n) => client[ask](fill(ofRequester, n)))
        const heard = (await Promise.all(answers)).map(({ data }) => data[0])
        t.strictSame(
          heard,
          every,
          `${ask}, ${over.local ? "local" : "NATS"}, ${ofHandler.constructor.name}`,
        )
      }
      await client.close()
      await worker.leave()
    }
  }
})
