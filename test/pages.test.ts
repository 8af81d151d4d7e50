/** The pages of docs name what the code has: a list that was forgotten there is red here. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { POOL_PLACE } from "../src/backend/pool-options.js"
import { timingsOf } from "../src/lease/timings.js"
import { MAX_HEIRS } from "../src/protocol/crowd.js"
import { CLAIM_KEY, CLOCK_KEY, namesOf, QUEUE_GROUP } from "../src/protocol/names.js"
import { ORDERS } from "../src/protocol/orders.js"
import * as reply from "../src/protocol/reply.js"
import { JOIN_OPTIONS } from "../src/worker/join-options.js"

const ROOT = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(ROOT, path), "utf8")
const protocol = read("docs/protocol.md")

function missing(page: string, words: readonly string[]): string[] {
  return words.filter((word) => !page.includes(`\`${word}`))
}

/** The names of the fields of an interface, and the texts of a union, as the source has them. */
function fieldsOf(file: string, name: string): string[] {
  const text = read(file)
  const from = text.indexOf(`export interface ${name} {`)
  if (from < 0) throw new Error(`no ${name} in ${file}`)
  const body = text.slice(from, text.indexOf("\n}", from))
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field as string)
}

function textsOf(file: string, name: string): string[] {
  const text = read(file)
  const from = text.indexOf(`export type ${name} =`)
  if (from < 0) throw new Error(`no ${name} in ${file}`)
  const union = text.slice(from, text.indexOf("\n\n", from))
  return [...union.matchAll(/\| "([^"]+)"/g)].map(([, one]) => one as string)
}

t.test("the protocol page names every subject, stream, key and bucket of a pool", async (t) => {
  const { heir, control, fenced, pool, ...names } = namesOf("work")
  const all = [...Object.values(names), heir("<id>"), control("<id>"), `${fenced}.>`]
  t.equal(pool, "work")
  t.strictSame(missing(protocol, [...all, QUEUE_GROUP, CLAIM_KEY, CLOCK_KEY]), [])
})

t.test("it names every header, and every order", async (t) => {
  const headers = Object.entries(reply).filter(([name]) => name.endsWith("_HEADER"))
  t.ok(headers.length > 5, "the headers were found")
  t.strictSame(
    missing(
      protocol,
      [...headers.map(([, header]) => String(header)), ...ORDERS].map((word) =>
        word === "stop" ? '{"order": "stop"}' : word,
      ),
    ),
    [],
  )
})

t.test(
  "it names every field of an entry and of the claim, and every reason why a reign ends",
  async (t) => {
    const derived = ["name", "start"]
    const member = fieldsOf("src/protocol/member.ts", "Member").filter(
      (it) => !derived.includes(it),
    )
    const claim = fieldsOf("src/protocol/claim.ts", "Claim")
    const reasons = textsOf("src/lease/leadership.ts", "EndReason")
    t.ok(member.length > 8 && claim.length > 8 && reasons.length > 8, "they were found")
    t.strictSame(missing(protocol, [...member, ...claim, ...reasons]), [])
  },
)

t.test("its timings are those of the code", async (t) => {
  const [one, three] = [timingsOf(), timingsOf({ replicas: 3 })]
  const rows = [
    `| lease | ${one.leaseMs / 1000} s | ${three.leaseMs / 1000} s |`,
    `| renewal of the claim | lease / ${one.leaseMs / one.renewMs} | lease / ${three.leaseMs / three.renewMs} |`,
    `| age of an entry | ${one.memberTtlMs / one.leaseMs} leases | |`,
    `| step between heirs | ${one.stepMs} ms | ${three.stepMs} ms |`,
    `| first election of a pool | ${one.coldStartMs} ms, then by rank | |`,
  ]
  t.equal(one.beatMs, one.leaseMs, "an entry is renewed every lease")
  t.strictSame(
    rows.filter((row) => !protocol.includes(row)),
    [],
  )
  t.match(protocol, `at most ${MAX_HEIRS}, the next in line first`)
})

t.test(
  "the page of options has every option of a worker, and those of a command line",
  async (t) => {
    const options = read("docs/options.md")
    const place = Object.keys(POOL_PLACE)
    const told = Object.keys(JOIN_OPTIONS).filter(
      (name) => !place.includes(name) && !/^on|^report$/.test(name),
    )
    t.ok(told.length > 15, "they were found")
    t.strictSame(missing(options, told), [])
    const flags = ["leading-flags", "worker-flags"]
      .flatMap((file) => [
        ...read(`src/commands/flags/${file}.ts`).matchAll(/"(?:-\w, )?(--[a-z-]+)/g),
      ])
      .map(([, flag]) => flag as string)
    t.ok(flags.length > 12, "they were found")
    t.strictSame(missing(options, flags), [])
  },
)
