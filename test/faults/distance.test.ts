/** A pool whose members are far from their server: each answer takes a fifth of a second. */
import t, { type Test } from "tap"
import { joinPool } from "../../src/worker/worker.js"
import { runPool } from "../fixtures/cli.js"
import { testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"
import { fleet } from "./fleet.js"
import { leadersOf } from "./judge.js"
import { TcpProxy } from "./proxy.js"
import { isAll } from "./rounds.js"

/** There, and back. */
const WAY_MS = 100
/** Twice what is advised for that distance, for a busy machine. */
const LEASE_MS = 5_000
const NAMES = ["a", "b", "c"]

const skip = !isAll && "in make faults: half a minute for four to join"

t.test("leaders are elected, renew, and hand over; no lease runs out", { skip }, async (t) => {
  const it = await fleet(t, {
    ...{ names: NAMES, leaseMs: LEASE_MS },
    prepare: async (it) => {
      for (const name of [...NAMES, "d"]) (await it.networkOf(name)).delay(WAY_MS)
    },
  })
  // More than a lease.
  for (let renewals = 0; renewals < 5; renewals += 1) await it.history.next("claimed")
  const [second = "", ...heirs] = await it.followed(["b", "c"], () => it.stop("a"))
  await it.leads(second, ...heirs)
  await it.start("d")
  await it.leads(second, ...heirs, "d")
  const [third = "", ...others] = await it.followed([...heirs, "d"], () => it.kill(second))
  await it.leads(third, ...others)
  const { reigns } = await it.verdict(t)
  t.strictSame(leadersOf(reigns), ["a", second, third])
  const ends = it.history.all.flatMap((line) => (line.what === "ends" ? [line.reason] : []))
  t.strictSame(ends, ["stopping"], "the other was killed, and none lapsed")
})

async function farServer(t: Test) {
  const server = await testServer(t)
  const network = await TcpProxy.before(server.port)
  network.delay(WAY_MS)
  t.teardown(() => network.close())
  return { server, network }
}

t.test(
  "who joins with a lease that is too short for the distance is told, and by the doctor",
  async (t) => {
    const { network } = await farServer(t)
    const told: string[] = []
    const report = (problem: string) => told.push(problem)
    const isOfDistance = (problem: string) => problem.startsWith("the bucket answers")
    const join = (leaseMs: number) =>
      joinPool({ pool: `lease-${leaseMs}`, servers: network.url, leaseMs, report })
    const far = await join(500)
    await until("it is told", () => told.some(isOfDistance))
    t.match(told.filter(isOfDistance), [
      /^the bucket answers after \d+ ms, .* 125 ms for three such answers: .* --lease [\d.]+s/,
    ])
    await far.leave()

    const visit = async (...flags: string[]) => {
      const { out } = await runPool(t, ["doctor", "--json", "--servers", network.url, ...flags])
      const findings = out.trim().split("\n").map((line) => JSON.parse(line)) // biome-ignore format: one line
      return findings.find(({ what }) => what === "round trip")
    }
    t.match(await visit("--lease", "500ms"), {
      verdict: "fail",
      says: /ms to the bucket: too far for a lease of 500 ms, nobody can be elected$/,
      remedy: /--lease [\d.]+s or longer$/,
    })
    t.match(await visit("--lease", "1m"), { verdict: "ok" })
  },
)
