import t from "tap"
import { addressesIn } from "../../src/nats-context/server-address.js"

t.test("addresses as people write them", async (t) => {
  const cases: [string, object][] = [
    ["nats://a:4223", { host: "a", port: 4223, listen: "a:4223", needsTls: false }],
    ["a", { host: "a", port: 4222, listen: "a:4222", shown: "nats://a:4222" }],
    ["10.0.0.1:4300", { host: "10.0.0.1", port: 4300 }],
    ["tls://a.example.org", { host: "a.example.org", needsTls: true }],
    ["nats://[::1]:4300", { host: "::1", listen: "[::1]:4300", shown: "nats://[::1]:4300" }],
    ["nats://u:1234@a:4222", { user: "u", password: "1234", port: 4222, shown: "nats://a:4222" }],
    ["nats://t%40ken@a", { user: "t@ken", password: undefined, port: 4222 }],
  ]
  for (const [text, expected] of cases) t.match(addressesIn(text), [expected], text)
})

t.test("several are separated by commas", async (t) => {
  const hosts = (text: string) => addressesIn(text).map(({ host }) => host)
  t.strictSame(hosts("a, nats://b:1,,tls://c,"), ["a", "b", "c"])
  t.strictSame(hosts(""), [])
})

t.test("what is no address is refused, and its secrets aren't shown", async (t) => {
  for (const text of ["http://a", "nats://", "nats://a:x", "nats://a:70000", "://", "a b"]) {
    t.throws(() => addressesIn(text), { name: "BadInput", message: /^server: expected an address/ })
  }
  t.throws(() => addressesIn("ws://u:p@a"), { message: /got "ws:\/\/\*\*\*@a"$/ })
  t.throws(() => addressesIn("nats://%zz@a"), { name: "BadInput", message: /% written as %25/ })
})
