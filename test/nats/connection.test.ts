import { once } from "node:events"
import { rmSync, writeFileSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { join } from "node:path"
import { connect, nkeys } from "nats"
import t, { type Test } from "tap"
import { type ConnectionOptions, connectToNats } from "../../src/nats/connection.js"
import { isAtLeast } from "../../src/nats/server-version.js"
import { makeCertificate } from "../fixtures/certificates.js"
import { Events } from "../fixtures/events.js"
import { tempFolder } from "../fixtures/folder.js"
import { JwtAccount, seedOf } from "../fixtures/jwt-account.js"
import { randomPort, type TestServer, testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

type Env = Record<string, string>

/** Connects and says as whom: `in`, or the error in one line. */
async function outcome(t: Test, options: ConnectionOptions, env: Env = {}): Promise<string> {
  try {
    const connection = await connectToNats(options, "test", { HOME: "/nowhere", ...env })
    t.teardown(() => connection.close())
    await connection.flush()
    await connection.close()
    return "in"
  } catch (error) {
    const { name, message } = error as Error
    t.notMatch(message, "\n", "one line")
    return `${name}: ${message}`
  }
}

/** Tries options by name against a server: those of `good` are let in, those of `bad` are not. */
async function tryAll(
  t: Test,
  server: TestServer,
  good: Record<string, ConnectionOptions>,
  bad: Record<string, ConnectionOptions>,
): Promise<void> {
  const servers = server.url
  for (const [name, options] of Object.entries(good)) {
    t.equal(await outcome(t, { servers, ...options }), "in", name)
  }
  for (const [name, options] of Object.entries(bad)) {
    t.match(await outcome(t, { servers, ...options }), /^NotAuthorized: .* refused the cred/, name)
  }
}

/** Something that listens and is no NATS server. */
async function listener(t: Test, greet: (socket: Socket) => void) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on("error", () => {})
    greet(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  return { servers: `nats://127.0.0.1:${port}`, sockets }
}

t.test("without any hint it is the server on this machine", async (t) => {
  const result = await outcome(t, { timeoutMs: 500 })
  t.match(result, /^(in$|NoServer: no NATS server at nats:\/\/127\.0\.0\.1:4222; start one with)/)
})

t.test("no server is said to be none", async (t) => {
  const servers = `nats://127.0.0.1:${randomPort()}`
  t.match(await outcome(t, { servers }), `NoServer: no NATS server at ${servers}; start one with:`)
  t.match(
    await outcome(t, { servers: "nats://nowhere.invalid:4222" }),
    "NoServer: no NATS server at nats://nowhere.invalid:4222",
  )
})

t.test("servers are tried in the order given where that is asked for", async (t) => {
  const [first, second] = [await testServer(t), await testServer(t)]
  const servers = [first.url, second.url]
  for (let n = 0; n < 10; n++) {
    const connection = await connectToNats({ servers, noRandomize: true })
    t.equal(connection.info?.port, first.port)
    await connection.close()
  }
})

t.test("one of several servers is enough", async (t) => {
  const server = await testServer(t)
  const dead = `nats://127.0.0.1:${randomPort()}`
  t.equal(await outcome(t, { servers: `${dead}, ${server.url}` }), "in")
  t.equal(await outcome(t, { servers: [dead, dead, server.url] }), "in")
  t.equal(await outcome(t, { servers: server.url.replace("nats://", "") }), "in")
})

t.test("what listens and is no NATS server is named, and no socket is left", async (t) => {
  const kinds: Record<string, (socket: Socket) => void> = {
    "says nothing": () => {},
    "says something else": (socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n"),
    "hangs up": (socket) => socket.destroy(),
  }
  for (const [kind, greet] of Object.entries(kinds)) {
    const { servers, sockets } = await listener(t, greet)
    t.match(
      await outcome(t, { servers, timeoutMs: 200 }),
      `NotNats: ${servers}: expected the greeting of a NATS server within 200 ms, got none; check the port`,
      kind,
    )
    await Promise.all(sockets.map((socket) => socket.destroyed || once(socket, "close")))
  }
})

t.test("a server that greets and then says nothing is given up", async (t) => {
  const info = { server_id: "x", version: "2.12.0", max_payload: 1024, headers: true }
  const { servers } = await listener(t, (socket) => {
    socket.write(`INFO ${JSON.stringify(info)}\r\n`)
  })
  t.equal(
    await outcome(t, { servers, timeoutMs: 200 }),
    `ConnectionRefused: ${servers} let nobody in: no answer to CONNECT within 200 ms; see its log`,
  )
})

t.test("an old server is refused", async (t) => {
  const { servers } = await listener(t, (socket) => {
    socket.write(`INFO {"server_id":"x","version":"2.8.4","max_payload":1024}\r\n`)
  })
  t.equal(
    await outcome(t, { servers }),
    "ServerTooOld: a pool needs nats-server 2.9 or later, this one is 2.8.4; upgrade it",
  )
})

t.test("a server that is full says so", async (t) => {
  const server = await testServer(t, { config: "max_connections: 1" })
  // It was greeted to see whether it is ready, which also counts as a connection.
  await until("all left", async () => (await server.connections()).length === 0)
  const first = await connect({ servers: server.url })
  t.match(
    await outcome(t, { servers: server.url, timeoutMs: 2_000 }),
    /^ConnectionRefused: .* let nobody in: maximum connections exceeded; see its log$/,
  )
  await first.close()
})

t.test("addresses and options that can't be used are named", async (t) => {
  const cases: [ConnectionOptions, string][] = [
    [{ servers: "http://a:4222" }, "server: expected an address such as nats://host:4222"],
    [{ servers: "nats://" }, "server: expected an address"],
    [{ servers: "nats://a:99999" }, 'got "nats://a:99999"'],
    [{ servers: "ws://user:secret@a:80" }, 'got "ws://***@a:80"'],
    [{ servers: " , " }, "servers: expected at least one address"],
    [{ servers: "a", timeoutMs: 0 }, "connect timeout: expected more than 0 ms, got 0"],
  ]
  for (const [options, expected] of cases) {
    const result = await outcome(t, options)
    t.match(result, /^BadInput: /)
    t.match(result, expected)
  }
})

t.test("user and password", async (t) => {
  const server = await testServer(t, {
    config: `authorization { user: "a", password: "p:@ss" }`,
  })
  const inUrl = (userInfo: string) => ({ servers: server.url.replace("//", `//${userInfo}@`) })
  await tryAll(
    t,
    server,
    {
      "as options": { user: "a", password: "p:@ss" },
      "in the address": inUrl("a:p%3A%40ss"),
      "the address goes before options": { ...inUrl("a:p%3A%40ss"), user: "b", password: "q" },
    },
    {
      "a wrong password": { user: "a", password: "q" },
      "another user": { user: "b", password: "p:@ss" },
      nothing: {},
      "a wrong one in the address": inUrl("a:1234"),
    },
  )
  const result = await outcome(t, inUrl("a:topsecret"))
  t.notMatch(result, "topsecret")
})

t.test("token", async (t) => {
  const server = await testServer(t, { config: `authorization { token: "s3cret" }` })
  await tryAll(
    t,
    server,
    {
      "as option": { token: "s3cret" },
      "a user without a password is one": { user: "s3cret" },
      "in the address": { servers: server.url.replace("//", "//s3cret@") },
    },
    { "a wrong one": { token: "other" }, nothing: {} },
  )
})

t.test("nkey", async (t) => {
  const folder = tempFolder(t)
  const [good, bad] = [nkeys.createUser(), nkeys.createUser()]
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const server = await testServer(t, {
    config: `authorization { users: [ { nkey: ${good.getPublicKey()} } ] }`,
  })
  const seed = file("good.nk", `# my seed\n${seedOf(good)}\r\n`)
  await tryAll(
    t,
    server,
    {
      "a file with a seed": { nkey: seed },
      "a file://": { nkey: `file://${seed}` },
      "a data:": { nkey: `data:;base64,${Buffer.from(seedOf(good)).toString("base64")}` },
    },
    { "another one": { nkey: file("bad.nk", seedOf(bad)) }, nothing: {} },
  )
  t.equal(
    await outcome(t, { servers: server.url, nkey: "$SEEDS/good.nk" }, { SEEDS: folder }),
    "in",
  )
  t.equal(await outcome(t, { servers: server.url, nkey: "~/good.nk" }, { HOME: folder }), "in")
  t.equal(
    await outcome(t, { servers: server.url, nkey: "env://SEED" }, { SEED: seedOf(good) }),
    "in",
  )

  const expected = "BadInput: nkey: expected a readable file with the seed of a user (SU...), got "
  t.match(await outcome(t, { nkey: "/nowhere.nk" }), `${expected}"/nowhere.nk: ENOENT`)
  const empty = file("empty.nk", "")
  t.equal(await outcome(t, { nkey: empty }), `${expected}"${empty}: there is no seed in it"`)
  const broken = seedOf(good).replace(/(?<=^.{30})./, (it) => (it === "A" ? "B" : "A"))
  t.match(await outcome(t, { nkey: file("broken.nk", broken) }), `${expected}"`)
  const result = await outcome(t, {
    nkey: `data:;base64,${Buffer.from(broken).toString("base64")}`,
  })
  t.match(result, `${expected}"data:...`, "a secret isn't shown")
  t.match(
    await outcome(t, { nkey: "env://SEED" }),
    `${expected}"env://SEED: the variable is not set"`,
  )
  t.match(await outcome(t, { nkey: "op://vault/item" }), /expected a file, env:\/\/ or data:/)
})

t.test("creds", async (t) => {
  const folder = tempFolder(t)
  const path = (name: string) => join(folder, name)
  const [account, other] = [new JwtAccount(), new JwtAccount()]
  writeFileSync(path("good.creds"), account.creds())
  writeFileSync(path("windows.creds"), account.creds().replaceAll("\n", "\r\n"))
  writeFileSync(path("other.creds"), other.creds())
  writeFileSync(path("garbage.creds"), "what is this?")
  const server = await testServer(t, { config: account.config, jetstream: false })
  await tryAll(
    t,
    server,
    {
      "a file": { creds: path("good.creds") },
      "a file with the line ends of Windows": { creds: path("windows.creds") },
      "a data:": { creds: `data:;base64,${Buffer.from(account.creds()).toString("base64")}` },
    },
    { "of another operator": { creds: path("other.creds") }, nothing: {} },
  )
  const expected =
    "BadInput: creds: expected a readable file with a JWT and a seed, as nsc writes it"
  t.match(
    await outcome(t, { creds: path("none.creds") }),
    `${expected}, got "${path("none.creds")}: ENOENT`,
  )
  t.match(await outcome(t, { creds: path("garbage.creds") }), `${expected}, got "`)

  t.test("are read again at a reconnect, and the last good ones are kept", async (t) => {
    writeFileSync(path("live.creds"), account.creds())
    const options = { servers: server.url, creds: path("live.creds") }
    const connection = await connectToNats(options, "live", {})
    t.teardown(() => connection.close())
    const reconnected = async () => {
      for await (const { type } of connection.status()) if (type === "reconnect") return
    }
    for (const change of [
      () => writeFileSync(path("live.creds"), "half written"),
      () => rmSync(path("live.creds")),
      () => writeFileSync(path("live.creds"), account.creds()),
    ]) {
      change()
      const back = reconnected()
      await server.restart()
      await back
      await connection.flush()
    }
    t.match(await server.connections(), [{ name: "live" }])
    await connection.close()
  })
})

t.test("TLS", async (t) => {
  const folder = tempFolder(t)
  const path = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const authority = makeCertificate({ name: "authority", isAuthority: true })
  const stranger = makeCertificate({ name: "stranger", isAuthority: true })
  const hosts = ["localhost", "127.0.0.1"]
  const serverCert = makeCertificate({ name: "server", hosts, by: authority })
  const client = makeCertificate({ name: "client", by: authority })
  const files = {
    ca: path("ca.pem", authority.cert),
    strangersCa: path("stranger.pem", stranger.cert),
    cert: path("client.pem", client.cert),
    key: path("client.key", client.key),
  }
  const tlsConfig = (certificate = serverCert, more = "") => `tls {
    cert_file: "${path(`${certificate.name}.pem`, certificate.cert)}"
    key_file: "${path(`${certificate.name}.key`, certificate.key)}"
    ca_file: "${files.ca}"
    ${more}
  }`

  t.test("trusts who the authority trusts", async (t) => {
    const { port } = await testServer(t, { config: tlsConfig() })
    const at = (scheme: string, host: string) => `${scheme}://${host}:${port}`
    for (const servers of [
      at("nats", "127.0.0.1"),
      at("tls", "127.0.0.1"),
      at("tls", "localhost"),
    ]) {
      t.equal(await outcome(t, { servers, ca: files.ca }), "in", servers)
    }
    for (const options of [{}, { ca: files.strangersCa }]) {
      t.match(
        await outcome(t, { servers: at("nats", "localhost"), ...options }),
        /^TlsFailed: TLS with .* failed: .*; name the authority that signed the server's certificate/,
      )
    }
  })

  t.test("a certificate must be for the address", async (t) => {
    for (const hosts of [["localhost"], ["example.org", "10.0.0.1"]]) {
      const certificate = makeCertificate({ name: "elsewhere", hosts, by: authority })
      const { url } = await testServer(t, { config: tlsConfig(certificate) })
      t.match(
        await outcome(t, { servers: url, ca: files.ca }),
        /^TlsFailed: .*IP: 127\.0\.0\.1.*; address the server by a name that its certificate holds$/,
      )
    }
  })

  t.test("a certificate must not have expired", async (t) => {
    const expired = makeCertificate({ name: "expired", hosts, by: authority, days: -1 })
    const { url } = await testServer(t, { config: tlsConfig(expired) })
    t.match(
      await outcome(t, { servers: url, ca: files.ca }),
      /^TlsFailed: .*expired; renew the server's certificate$/,
    )
  })

  t.test("a server may ask for ours", async (t) => {
    const { url: servers } = await testServer(t, { config: tlsConfig(serverCert, "verify: true") })
    const { ca, cert, key } = files
    t.equal(await outcome(t, { servers, ca, cert, key }), "in")
    t.match(
      await outcome(t, { servers, ca, timeoutMs: 2000 }),
      /^TlsFailed: .*check --tlsca, --tlscert and --tlskey$/,
    )
    const foreign = makeCertificate({ name: "foreign", by: stranger })
    const strangers = {
      cert: path("foreign.pem", foreign.cert),
      key: path("foreign.key", foreign.key),
    }
    t.match(await outcome(t, { servers, ca, ...strangers, timeoutMs: 2000 }), /^TlsFailed: /)
  })

  t.test("a server without TLS is refused where TLS is asked for", async (t) => {
    const { url } = await testServer(t)
    const servers = url.replace("nats://", "tls://")
    for (const options of [{ servers }, { servers: url, ca: files.ca }]) {
      t.match(
        await outcome(t, options),
        /^TlsFailed: .* does not support 'tls'; leave out tls:\/\/, --tlsca and --tlscert, or/,
      )
    }
  })

  t.test("a server may begin with TLS", async (t) => {
    const plain = await testServer(t)
    if (!isAtLeast(plain.version, "2.10")) return t.pass("this server knows no handshake_first")
    const { url } = await testServer(t, { config: tlsConfig(serverCert, "handshake_first: true") })
    t.equal(await outcome(t, { servers: url, ca: files.ca, tlsFirst: true }), "in")
    t.match(
      await outcome(t, { servers: url, ca: files.ca, timeoutMs: 300 }),
      /^NotNats: .* a server that begins with TLS wants --tlsfirst$/,
    )
  })

  t.test("files that can't be used are named before anything is sent", async (t) => {
    const { ca, cert, key } = files
    const garbage = path("garbage.pem", "what is this?")
    const broken = path(
      "broken.pem",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    const cases: [ConnectionOptions, string][] = [
      [{ ca: "/nowhere.pem" }, 'ca: expected a readable PEM file, got "/nowhere.pem: ENOENT'],
      [{ ca: garbage }, `ca: expected a readable PEM file, got "${garbage}: no certificate in it"`],
      [{ ca: broken }, `ca: expected a readable PEM file, got "${broken}: `],
      [{ cert: "/nowhere.pem", key }, 'cert: expected a readable PEM file, got "/nowhere.pem'],
      [{ cert }, "key: expected a file, for there is a cert, got nothing"],
      [{ key }, "cert: expected a file, for there is a key, got nothing"],
      [
        { cert, key: "/nowhere.key" },
        `key: expected the PEM file with the key of ${cert}, got "/no`,
      ],
      [{ cert: ca, key }, `key: expected the PEM file with the key of ${ca}, got "${key}: `],
    ]
    for (const [options, expected] of cases) {
      const result = await outcome(t, options)
      t.ok(result.startsWith(`BadInput: ${expected}`), result)
    }
  })
})

t.test("a connection is opened anew, quickly and for ever", async (t) => {
  const server = await testServer(t)
  const connection = await connectToNats({ servers: server.url }, "pool work worker a", {})
  t.teardown(() => connection.close())
  t.match(await server.connections(), [{ name: "pool work worker a" }])
  const seen = new Events<string>()
  const followed = (async () => {
    for await (const { type } of connection.status()) seen.note(type)
  })()
  await server.stop()
  // More attempts than the ten after which the client would give up by default.
  await seen.until((all) => all.filter((type) => type === "reconnecting").length > 12)
  await server.restart()
  await seen.one((type) => type === "reconnect")
  await connection.flush()
  await connection.close()
  await followed
})
