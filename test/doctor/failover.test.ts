import t from "tap"
import { failover } from "../../src/doctor/failover.js"

function told(leaseMs: number, replicas: number): Record<string, string> {
  return Object.fromEntries(
    failover({ leaseMs, replicas }).map(({ what, verdict, says }) => [what, `${verdict} ${says}`]),
  )
}

t.test("on one server: the leader, and the server", async (t) => {
  t.strictSame(told(2000, 1), {
    "if: leader":
      "ok dies: nobody leads for some milliseconds; for up to 2.1 s if its machine is lost with it",
    "if: server":
      "ok its reign goes on if the server is back within 1.8 s; else nobody leads until it is back",
  })
})

t.test("in a cluster: also the stream's leader, a majority, and a cut", async (t) => {
  const all = told(12_000, 3)
  t.strictSame(Object.keys(all), [
    "if: leader",
    "if: server",
    "if: stream",
    "if: majority",
    "if: cut",
  ])
  t.match(all["if: leader"], /for up to 12\.9 s if its machine/)
  t.match(all["if: stream"], /^ok .* for 4 to 9 s, and the pool's leader leads on$/)
  t.match(all["if: majority"], /\(2 of 3\): nobody leads after 10\.8 s, until enough are back/)
  t.match(all["if: cut"], /stands down after 10\.8 s, and 2\.1 s later another leads$/)
  t.match(told(12_000, 5)["if: majority"], /\(3 of 5\)/)
})

t.test(
  "a lease shorter than an election costs the pool its leader with the stream's",
  async (t) => {
    t.match(
      told(2000, 3)["if: stream"],
      /^warn .*sure of 1\.6 s, so nobody leads for up to 7\.4 s$/,
    )
    t.match(
      told(10_000, 3)["if: stream"],
      /^ok .*sure of 8\.2 s, so at worst nobody leads for 0\.8 s$/,
    )
  },
)

t.test("for programs each has its gap in ms", async (t) => {
  const gaps = failover({ leaseMs: 12_000, replicas: 3 }).map(({ gapMs }) => gapMs?.most)
  t.strictSame(
    gaps.map((ms) => ms && Math.round(ms)),
    [12_900, 0, 0, undefined, 2_100],
  )
})
