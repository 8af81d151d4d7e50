import t from "tap"
import { inDomain, setDomain } from "../../src/contracts/js-domain.js"
import { connectionSettingsOf } from "../../src/nats-context/nats-context.js"

t.test(
  "what is said of a connection is in all options for its JetStream, and in no others",
  async (t) => {
    const [connection, other] = [{}, {}]
    t.strictSame(inDomain(connection, { timeout: 5 }), { timeout: 5 })
    setDomain(connection, "hub")
    setDomain(connection, undefined)
    t.strictSame(inDomain(connection, { timeout: 5 }), { timeout: 5, domain: "hub" })
    t.strictSame(inDomain(other), {})
  },
)

t.test("what can't be a domain is refused", async (t) => {
  for (const domain of ["", "a.b", "a b", ">"]) {
    t.throws(() => setDomain({}, domain), { code: "bad-input" })
  }
})

t.test("a domain comes from the option, else from the context", async (t) => {
  const folder = t.testdir({ "c.json": JSON.stringify({ jetstream_domain: "hub" }) })
  const context = `${folder}/c.json`
  t.equal(connectionSettingsOf({ context }, {}).jsDomain, "hub")
  t.equal(connectionSettingsOf({ context, jsDomain: "site" }, {}).jsDomain, "site")
  t.equal(connectionSettingsOf({}, {}).jsDomain, undefined)
})
