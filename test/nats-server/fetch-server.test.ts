import { execFileSync, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import t, { type Test } from "tap"
import { PINNED_SUMS, PINNED_VERSION, tarballOf } from "../../src/nats-server/fetch-release.js"
import { fetchServer, findOrFetchServer } from "../../src/nats-server/fetch-server.js"
import { DEFAULT_STEPS, isFetchStep } from "../../src/nats-server/fetch-step.js"
import { tempFolder } from "../fixtures/folder.js"
import { fakeProgram, fakeServer } from "../fixtures/programs.js"

const TARBALL = tarballOf(PINNED_VERSION, process.platform, process.arch)
const { PATH } = process.env

t.test("a release", async (t) => {
  t.test("is downloaded, checked, unpacked and kept under one name", async (t) => {
    const release = await released(t)
    const lines: string[] = []
    const report = (line: string) => void lines.push(line)
    const into = join(tempFolder(t), "bin")
    const { url: releasesUrl, sums } = release
    const found = await fetchServer({ ...byRelease, into, releasesUrl, sums, report })
    t.strictSame(found, { path: join(into, "nats-server"), version: PINNED_VERSION })
    t.strictSame(readdirSync(into), ["nats-server"])
    t.strictSame(lines, [`release: fetched nats-server ${PINNED_VERSION} into ${found.path}`])
    t.strictSame(release.asked, [`/v${PINNED_VERSION}/${TARBALL}`])
  })

  t.test("is not fetched again where it was fetched before", async (t) => {
    const { url: releasesUrl, sums, asked } = await released(t)
    const into = tempFolder(t)
    const first = await fetchServer({ ...byRelease, into, releasesUrl, sums })
    asked.length = 0
    const options = { env: { PATH: "" }, into, releasesUrl, sums, alsoIn: [] }
    t.strictSame(await findOrFetchServer(options), first)
    t.strictSame(asked, [])
  })

  t.test("whose checksum is wrong is refused, and nothing of it is left behind", async (t) => {
    const { url: releasesUrl, sums } = await released(t, { isCorrupted: true })
    const into = tempFolder(t)
    await t.rejects(fetchServer({ ...byRelease, into, releasesUrl, sums }), {
      code: "no-server-program",
      message: new RegExp(`release: ${TARBALL}: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64};`),
      cause: { errors: [{ code: "bad-checksum", file: TARBALL, expected: sums[TARBALL] }] },
    })
    t.strictSame(readdirSync(into), [])
  })

  t.test("whose checksum is wrong does not replace the one that is there", async (t) => {
    const { url: releasesUrl, sums } = await released(t, { isCorrupted: true })
    const into = tempFolder(t)
    const before = readFileSync(fakeServer(into, "2.9.9"))
    await t.rejects(fetchServer({ ...byRelease, into, releasesUrl, sums }))
    t.strictSame(readdirSync(into), ["nats-server"])
    t.strictSame(readFileSync(join(into, "nats-server")), before)
  })

  t.test("that is not pinned is checked by the list beside it", async (t) => {
    const { url: releasesUrl, asked } = await released(t)
    const into = tempFolder(t)
    await fetchServer({ ...byRelease, into, releasesUrl, sums: {} })
    t.strictSame(asked, [`/v${PINNED_VERSION}/SHA256SUMS`, `/v${PINNED_VERSION}/${TARBALL}`])
    const bad = await released(t, { isCorrupted: true })
    const again = fetchServer({ ...byRelease, into, releasesUrl: bad.url, sums: {} })
    await t.rejects(again, { message: /expected SHA-256/ })
  })

  t.test("that is not pinned and not in the list is refused", async (t) => {
    const { url: releasesUrl } = await released(t, { list: `${"0".repeat(64)}  other.tar.gz\n` })
    const fetched = fetchServer({ ...byRelease, into: tempFolder(t), releasesUrl, sums: {} })
    await t.rejects(fetched, { message: new RegExp(`SHA256SUMS does not list ${TARBALL}`) })
  })

  t.test("that is cut off leaves nothing", async (t) => {
    const { url: releasesUrl, sums } = await released(t, { isCutOff: true })
    const into = tempFolder(t)
    await t.rejects(fetchServer({ ...byRelease, into, releasesUrl, sums }))
    t.strictSame(readdirSync(into), [])
  })

  t.test("that is interrupted leaves nothing, and nothing else is tried", async (t) => {
    const interrupted = new AbortController()
    const release = await released(t, { onAsked: () => interrupted.abort() })
    const { url: releasesUrl, sums } = release
    const into = tempFolder(t)
    const { signal } = interrupted
    const by = ["release", "release"] as const
    await t.rejects(fetchServer({ ...byRelease, by, into, releasesUrl, sums, signal }), {
      message: "interrupted; nothing was kept",
    })
    t.strictSame(readdirSync(into), [])
    t.equal(release.asked.length, 1)
  })

  t.test("that does not run here, or is too old, is not kept", async (t) => {
    for (const [script, reason] of [
      ["exit 1", /what was fetched does not run on this machine/],
      ["echo nats-server: v2.8.0", /needs nats-server 2.9 or later, this one is 2.8.0/],
    ] as const) {
      const { url: releasesUrl, sums } = await released(t, { script })
      const into = tempFolder(t)
      const fetched = fetchServer({ ...byRelease, into, releasesUrl, sums })
      await t.rejects(fetched, { message: reason })
      t.strictSame(readdirSync(into), [])
    }
  })

  t.test("fetched twice at once serves both", async (t) => {
    const { url: releasesUrl, sums } = await released(t)
    const into = tempFolder(t)
    const one = () => fetchServer({ ...byRelease, into, releasesUrl, sums })
    const [a, b] = await Promise.all([one(), one()])
    t.strictSame(a, b)
    t.strictSame(readdirSync(into), ["nats-server"])
  })

  t.test("has a pinned checksum for each system of the list", async (t) => {
    t.strictSame(Object.keys(PINNED_SUMS), [
      "nats-server-v2.12.15-linux-amd64.tar.gz",
      "nats-server-v2.12.15-linux-arm64.tar.gz",
      "nats-server-v2.12.15-linux-arm7.tar.gz",
      "nats-server-v2.12.15-linux-s390x.tar.gz",
      "nats-server-v2.12.15-linux-ppc64le.tar.gz",
    ])
    t.ok(Object.values(PINNED_SUMS).every((sum) => /^[0-9a-f]{64}$/.test(sum)))
    t.equal(tarballOf("2.12.15", "darwin", "arm64"), "nats-server-v2.12.15-darwin-arm64.tar.gz")
    t.throws(() => tarballOf("2.12.15", "win32", "x64"), { message: /no tarball for win32 on x64/ })
  })
})

t.test("what a fetch left that was killed is swept by the next, and only that", async (t) => {
  const { url: releasesUrl, sums } = await released(t)
  const gone = spawnSync("true").pid
  const into = tempFolder(t)
  mkdirSync(join(into, `.fetch-${gone}-abc`))
  mkdirSync(join(into, `.fetch-${process.pid}-abc`))
  await fetchServer({ ...byRelease, into, releasesUrl, sums })
  t.strictSame(readdirSync(into), [`.fetch-${process.pid}-abc`, "nats-server"])
})

t.test("the package of the distribution", async (t) => {
  t.test("is unpacked in place", async (t) => {
    const { env, asked } = fakeDebian(t)
    const into = tempFolder(t)
    const found = await fetchServer({ by: ["debian"], env, into })
    t.strictSame(found, { path: join(into, "nats-server"), version: "2.9.10" })
    t.strictSame(readdirSync(into), ["nats-server"])
    t.strictSame(asked(), ["-q download nats-server"])
  })

  t.test("needs no package lists and no root", async (t) => {
    const { env, asked } = fakeDebian(t, { hasLists: false })
    const into = tempFolder(t)
    t.match(await fetchServer({ by: ["debian"], env, into }), { version: "2.9.10" })
    t.match(asked(), [
      "-q download nats-server",
      /^-q -o Dir::State::Lists=\S+\/lists -o Dir::Cache=\S+\/cache .* update$/,
      /^-q -o Dir::State::Lists=\S+\/lists -o Dir::Cache=\S+\/cache .* download nats-server$/,
    ])
    t.strictSame(readdirSync(into), ["nats-server"])
  })

  t.test("can be of a suite by name", async (t) => {
    const { env, asked } = fakeDebian(t, { hasLists: false })
    t.match(await fetchServer({ by: ["debian:testing"], env, into: tempFolder(t) }), {
      version: "2.9.10",
    })
    t.match(asked()[0], /^indextargets /, "the mirror is that of this machine")
    t.match(asked()[1], /Dir::Etc::SourceList=\S+ -o Dir::Etc::SourceParts=- update$/)
  })

  t.test("that cannot be had is told in the program's own last words", async (t) => {
    const env = { PATH: tempFolder(t) }
    fakeProgram(
      env.PATH,
      "apt-get",
      "echo first >&2; echo E: Unable to locate package >&2; exit 100",
    )
    const into = tempFolder(t)
    await t.rejects(fetchServer({ by: ["debian"], env, into }), {
      message: /: debian: apt-get: E: Unable to locate package\. Install/,
    })
    t.strictSame(readdirSync(into), [])
  })
})

t.test("the Go toolchain compiles the pinned version into our folder", async (t) => {
  const bin = tempFolder(t)
  const script = `[ "$1" = version ] && exit
    [ "$*" = "install github.com/nats-io/nats-server/v2@v${PINNED_VERSION}" ] || exit 1
    [ "$GOTOOLCHAIN $CGO_ENABLED" = "auto 0" ] || exit 1
    printf '#!/bin/sh\\necho nats-server: v2.12.15' > "$GOBIN/nats-server"`
  fakeProgram(bin, "go", script)
  const into = tempFolder(t)
  const found = await fetchServer({ by: ["go"], env: { PATH: `${bin}:${PATH}` }, into })
  t.strictSame(found, { path: join(into, "nats-server"), version: "2.12.15" })
  t.strictSame(readdirSync(into), ["nats-server"])
})

t.test("the ways are tried in their order until one works", async (t) => {
  const { env } = fakeDebian(t)
  const { url, sums } = await released(t, { isCorrupted: true })
  const lines: string[] = []
  const report = (line: string) => void lines.push(line)
  const into = tempFolder(t)
  await fetchServer({ env, into, releasesUrl: url, sums, report })
  t.match(lines, [/^release: .*expected SHA-256/, /^debian: fetched nats-server 2.9.10 into /])
  t.equal(lines.length, 2)
})

t.test("if none works, one error names each reason and three ways to do it by hand", async (t) => {
  const into = tempFolder(t)
  const options = { env: { PATH: tempFolder(t) }, into, releasesUrl: "http://127.0.0.1:1" }
  await t.rejects(fetchServer(options), {
    name: "NoServerProgram",
    tried: [
      /^release: http:.*: \S+/,
      "debian: there is no apt-get on this machine",
      "go: there is no go on this machine",
    ],
    message:
      /\(1\) unpack a release from https:.*\(2\) apt-get install nats-server.*\(3\) go install .*NATS_SERVER$/,
  })
  t.strictSame(readdirSync(into), [])
})

t.test("the ways that are tried by default", async (t) => {
  t.strictSame(DEFAULT_STEPS, ["release", "debian", "go"])
  for (const way of ["release", "debian", "debian:testing", "go"]) t.ok(isFetchStep(way), way)
  for (const way of ["", "wget", "debian:", "debian:A b", "go:x"]) t.notOk(isFetchStep(way), way)
})

const byRelease = { by: ["release"] as const, env: { PATH } }

interface ReleaseTraits {
  script?: string
  isCorrupted?: boolean
  isCutOff?: boolean
  /** What SHA256SUMS says; default the right sum. */
  list?: string
  onAsked?: () => void
}

// A page of releases on loopback, with a tarball like the real ones.
async function released(t: Test, traits: ReleaseTraits = {}) {
  const folder = tempFolder(t)
  const inside = TARBALL.replace(".tar.gz", "")
  const script = traits.script ?? `echo nats-server: v${PINNED_VERSION}`
  fakeProgram(join(folder, inside), "nats-server", script)
  execFileSync("tar", ["-czf", TARBALL, inside], { cwd: folder })
  const tarball = readFileSync(join(folder, TARBALL))
  const sums = { [TARBALL]: createHash("sha256").update(tarball).digest("hex") }
  if (traits.isCorrupted) tarball[20] = (tarball[20] as number) ^ 1
  const asked: string[] = []
  const server = createServer((request, answer) => {
    asked.push(request.url as string)
    if (request.url?.endsWith("/SHA256SUMS")) {
      answer.end(traits.list ?? `${"0".repeat(64)}  a.zip\n${sums[TARBALL]}  ${TARBALL}\n`)
    } else if (traits.isCutOff || traits.onAsked) {
      answer.writeHead(200, { "content-length": tarball.length })
      answer.write(tarball.subarray(0, 50), traits.onAsked ?? (() => answer.destroy()))
    } else {
      answer.end(tarball)
    }
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sums, asked }
}

// apt-get and dpkg-deb that know one package.
function fakeDebian(t: Test, { hasLists = true } = {}) {
  const bin = tempFolder(t)
  const log = join(bin, "log")
  const knows = hasLists ? "true" : `[ -e ${bin}/updated ]`
  fakeProgram(
    bin,
    "apt-get",
    `echo "$*" >> ${log}
    case "$*" in
      indextargets*) . /etc/os-release; echo "http://127.0.0.1/debian/ $VERSION_CODENAME main" ;;
      *update) touch ${bin}/updated ;;
      *"download nats-server") ${knows} && touch nats-server_2.9.10-1_amd64.deb || exit 100 ;;
      *) exit 1 ;;
    esac`,
  )
  fakeProgram(
    bin,
    "dpkg-deb",
    `[ -e "$2" ] || exit 2
    mkdir -p "$3/usr/sbin"
    printf '#!/bin/sh\\necho nats-server: v2.9.10' > "$3/usr/sbin/nats-server"`,
  )
  const asked = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [])
  return { env: { PATH: `${bin}:${PATH}` }, asked }
}
