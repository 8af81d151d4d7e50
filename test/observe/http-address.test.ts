import t from "tap"
import { httpAddressOf, placeAfter, shownAddress } from "../../src/observe/http-address.js"

t.test("a bare port is this machine's alone", async (t) => {
  t.strictSame(httpAddressOf(9100), { host: "127.0.0.1", port: 9100 })
  t.strictSame(httpAddressOf("9100"), { host: "127.0.0.1", port: 9100 })
  t.strictSame(httpAddressOf("0"), { host: "127.0.0.1", port: 0 })
})

t.test("a host opens it to others, and is shown as it was given", async (t) => {
  for (const [text, host] of [
    ["0.0.0.0:80", "0.0.0.0"],
    ["localhost:80", "localhost"],
    ["[::]:80", "::"],
    ["[fe80::1]:80", "fe80::1"],
  ] as const) {
    t.strictSame(httpAddressOf(text), { host, port: 80 })
    t.equal(shownAddress(httpAddressOf(text)), text)
  }
})

t.test("what can't be listened on is refused, and named", async (t) => {
  for (const text of [
    "",
    " ",
    "x",
    "-1",
    "1.5",
    "65536",
    ":80",
    "a b:80",
    "::1:80",
    "host:",
    "0x50",
  ]) {
    t.throws(() => httpAddressOf(text), { code: "bad-input", what: "http", got: text }, text)
  }
  t.throws(() => httpAddressOf(Number.NaN), { code: "bad-input" })
  t.throws(() => httpAddressOf("x", "--http"), {
    message:
      '--http: expected a port such as 9100, or a host and a port such as 0.0.0.0:9100, got "x"',
  })
})

t.test("the workers of one machine take one port after another", async (t) => {
  const first = httpAddressOf("[::]:65534")
  t.strictSame(
    [0, 1].map((place) => placeAfter(first, place).port),
    [65534, 65535],
  )
  t.throws(() => placeAfter(first, 2), { code: "bad-input" })
  t.equal(placeAfter(httpAddressOf(0), 3).port, 0, "any free port is that for all")
})
