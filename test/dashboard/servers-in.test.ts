import t from "tap"
import { type ServerSigns, serversIn } from "../../src/dashboard/servers-in.js"

const NOTHING: ServerSigns = {
  stream: undefined,
  started: [],
  named: [],
  here: undefined,
  lameDuck: undefined,
}

function words(signs: Partial<ServerSigns>): string[] {
  return serversIn({ ...NOTHING, ...signs }).servers.map(
    ({ name, state, leads, replica = "-" }) =>
      `${name} ${state} ${replica}${leads ? " leads" : ""}`,
  )
}

const started = (name: string, state: "up" | "down" | "lame duck") => ({
  ...{ name, state, version: "2.12.15", url: `nats://127.0.0.1:${name.slice(1)}` },
  pid: state === "down" ? undefined : 7,
})

t.test("one server alone is no cluster", async (t) => {
  t.strictSame(serversIn(NOTHING).servers, [])
  t.strictSame(serversIn({ ...NOTHING, stream: { leader: "n1" }, here: "n1" }).servers, [])
})

t.test(
  "the stream says who leads it, and whose replica is current, behind or offline",
  async (t) => {
    const replicas = [
      { name: "n10", current: false, lag: 12 },
      { name: "n2", current: false, offline: true },
    ]
    const stream = { leader: "n1", replicas }
    t.strictSame(words({ stream }), ["n1 up current leads", "n2 down offline", "n10 up behind"])
    const seen = serversIn({ ...NOTHING, stream })
    t.strictSame(seen.replicas, { all: 3, current: 1 })
    t.equal(seen.servers[2]?.lag, 12)
  },
)

t.test(
  "without a word of the stream only our own server and those of ours are known",
  async (t) => {
    const signs = { named: ["n1", "n2"], here: "n3" }
    t.strictSame(words(signs), ["n1 unknown -", "n2 unknown -", "n3 up -"])
    t.notOk("replicas" in serversIn({ ...NOTHING, ...signs }))
    const own = [started("n1", "up"), started("n2", "down"), started("n3", "lame duck")]
    t.strictSame(words({ started: own }), ["n1 up -", "n2 down -", "n3 lame duck -"])
  },
)

t.test("who started a server knows of its end before the stream does", async (t) => {
  const replicas = [
    { name: "n2", current: true },
    { name: "n3", current: true },
  ]
  const own = [started("n1", "down"), started("n2", "down"), started("n3", "up")]
  t.strictSame(words({ stream: { leader: "n1", replicas }, started: own }), [
    "n1 down -",
    "n2 down offline",
    "n3 up current",
  ])
})

t.test(
  "a server that told us that it is about to leave is a lame duck until it is gone",
  async (t) => {
    const other = { name: "n2", current: true }
    const stream = { leader: "n1", replicas: [other] }
    t.strictSame(words({ stream, lameDuck: "n2", here: "n2" })[1], "n2 lame duck current")
    const gone = { leader: "n1", replicas: [{ ...other, offline: true, current: false }] }
    t.strictSame(words({ stream: gone, lameDuck: "n2" })[1], "n2 down offline")
  },
)
