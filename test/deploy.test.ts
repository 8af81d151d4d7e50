import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parser } from "@prometheus-io/lezer-promql"
import type { Command } from "commander"
import { type Copy, DockerfileParser, type JSONInstruction } from "dockerfile-ast"
import t from "tap"
import { parseAllDocuments } from "yaml"
import { orderCommands } from "../src/commands/usage/orders.js"
import { runCommand } from "../src/commands/usage/run.js"
import { workerCommand } from "../src/commands/usage/worker.js"
import { isAtLeast } from "../src/nats/server-version.js"
import { type Measured, Metrics } from "../src/observe/metrics.js"
import { built } from "./fixtures/built.js"
import { startPool } from "./fixtures/cli.js"
import { type Family, familiesIn } from "./fixtures/exposition.js"
import { tempFolder } from "./fixtures/folder.js"
import { fakeProgram } from "./fixtures/programs.js"
import { promtool, withoutPromtool } from "./fixtures/promtool.js"
import { serverProgram, testServer } from "./fixtures/server.js"
import { skipsClusters } from "./fixtures/servers.js"

const ROOT = join(import.meta.dirname, "..")
const PAGES = ["/healthz", "/readyz", "/leader", "/metrics"]
/** The grace times of a worker, by default, and what its supervisor adds, in seconds. */
const WORKER_STOPS_IN = 10 + 1 + 5

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

interface Container {
  readonly name: string
  readonly args: string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: string[] } } }
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number
  readonly containers: readonly Container[]
}

interface Resource {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly selector: Record<string, unknown>
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec }
    readonly ports?: readonly { readonly targetPort: string }[]
  }
}

interface Rule {
  readonly alert: string
  readonly expr: string
}

function text(name: string): string {
  return readFileSync(join(ROOT, "deploy", name), "utf8")
}

function documents<T>(name: string): T[] {
  return parseAllDocuments(text(name), { strict: true, uniqueKeys: true }).map((document) => {
    const [problem] = [...document.errors, ...document.warnings]
    if (problem) throw problem
    return document.toJS() as T
  })
}

function podIn(name: string): PodSpec {
  const found = documents<Resource>(name).find(({ kind }) => kind === "Deployment")
  return found?.spec.template?.spec as PodSpec
}

/** What the command line would say of `pool <args>`: undefined if it takes them. */
function complaintAbout([name = "", ...args]: readonly string[]): string | undefined {
  const commands: Command[] = [workerCommand(), runCommand(), ...orderCommands()]
  const command = commands.find((it) => it.name() === name)
  if (!command) return `no command ${name}`
  try {
    const { unknown } = command.exitOverride().parseOptions(args)
    return unknown.length > 0 ? `${name} does not know ${unknown.join(" ")}` : undefined
  } catch (error) {
    return String(error)
  }
}

t.test("a flag that is none is noticed, and so is a bad value", async (t) => {
  t.equal(complaintAbout(["worker", "--http", "9100"]), undefined)
  t.match(complaintAbout(["worker", "--htp", "9100"]), /does not know --htp/)
  t.match(complaintAbout(["worker", "--http", "nine"]), /expected a port/)
  t.match(complaintAbout(["serve"]), /no command/)
})

t.test("the Kubernetes files are resources whose parts fit together", async (t) => {
  for (const name of ["kubernetes.yaml", "kubernetes-leader.yaml"]) {
    const resources = documents<Resource>(name)
    const labels = resources.find(({ spec }) => spec.template)?.spec.template?.metadata.labels
    for (const { kind, spec } of resources) {
      const selected = kind === "Service" ? spec.selector : spec.selector.matchLabels
      t.strictSame(selected, labels, `${name}: ${kind} selects the pods`)
      const ports = podIn(name).containers[0]?.ports.map((it) => it.name)
      for (const { targetPort } of spec.ports ?? []) t.ok(ports?.includes(targetPort), targetPort)
    }
  }
})

t.test("what the pods run is known to the command line, and serves what is probed", async (t) => {
  for (const name of ["kubernetes.yaml", "kubernetes-leader.yaml"]) {
    const { containers, terminationGracePeriodSeconds } = podIn(name)
    const [container] = containers as [Container]
    const { args, env, ports, livenessProbe, readinessProbe } = container
    const values = new Map(env.map((it) => [it.name, it.value ?? "a-pod"]))
    const given = args.map((arg) => arg.replace(/\$\((\w+)\)/g, (_, it) => values.get(it) ?? "?.?"))
    t.equal(complaintAbout(given), undefined, name)
    const served = Number(given[given.indexOf("--http") + 1]?.split(":")[1])
    for (const { httpGet } of [livenessProbe, readinessProbe]) {
      t.ok(PAGES.includes(httpGet.path), httpGet.path)
      t.equal(ports.find((port) => port.name === httpGet.port)?.containerPort, served)
    }
    t.ok(terminationGracePeriodSeconds > WORKER_STOPS_IN, `${name}: time to end kindly`)
  }
})

t.test("the hook before a stop hands the seat on, and only from who has it", async (t) => {
  const server = await testServer(t)
  const [container] = podIn("kubernetes.yaml").containers as [Container]
  const [shell = "", ...script] = container.lifecycle?.preStop.exec.command ?? []
  t.match(script[1], /^pool (hand-over .*) \|\| true$/)
  const args = (script[1] ?? "").replace(/^pool | \|\| true$/g, "").split(" ")
  t.equal(complaintAbout(args), undefined)

  const bin = tempFolder(t)
  fakeProgram(bin, "pool", `exec "${process.execPath}" "${built("cli.js")}" "$@"`)
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, NATS_URL: server.url }
  const stopHook = (name: string) =>
    spawnSync(shell, script, { env: { ...env, POD_NAME: name }, encoding: "utf8" })
  const base = ["worker", "--servers", server.url, "--allow-control", "--name"]
  const a = startPool(t, [...base, "pod-a"])
  await a.says(/"msg":"leads"/)
  const b = startPool(t, [...base, "pod-b"])
  await b.says(/"msg":"joined"/)
  t.equal(stopHook("pod-b").status, 0)
  t.notMatch(b.said(), /"msg":"leads"/, "the one that follows has nothing to hand over")
  t.equal(stopHook("pod-a").status, 0)
  await b.says(/"msg":"leads"/)
  t.equal(stopHook("nobody").status, 0, "a hook that fails must not be in the way")
  for (const worker of [a, b]) worker.child.kill("SIGTERM")
  for (const worker of [a, b]) t.equal((await worker.ended()).code, 0)
})

t.test("every alert is an expression on metrics and labels that are served", async (t) => {
  const leading: Measured = {
    ...{ id: "A", host: "h", state: "ready", isConnected: true, leaseMs: 2000 },
    ...{ reign: undefined, news: undefined, standing: undefined, lingeringMs: 0 },
  }
  const metrics = new Metrics("work", "a", () => leading)
  const counts = { waiting: 0, running: 0, delayed: 0, dead: 0, ended: 0, isServed: true }
  const jobs = metrics.ofJobs({ counts: async () => [{ queue: "q", ...counts }], nowMs: () => 0 })
  jobs.crashed("q")
  const served = familiesIn(await metrics.text())
  const [file] = documents<{ groups: { rules: Rule[] }[] }>("prometheus-rules.yaml")
  const rules = file?.groups.flatMap((group) => group.rules) ?? []
  t.strictSame(rules.map(({ alert }) => alert).slice(0, 4), [
    "PoolWithoutLeader",
    "PoolWithTwoLeaders",
    "PoolLeaderFlapping",
    "PoolRenewalsFailing",
  ])
  for (const { alert, expr } of rules) {
    t.strictSame(problemsIn(expr, served), [], alert)
  }
  t.strictSame(problemsIn('pool_is_ledaer + pool_term{kind="x"', served), [
    "pool_is_ledaer is not served",
    'nobody has kind="x"',
    'does not parse at ""',
  ])
  t.strictSame(problemsIn('pool_requests_total{outcome="fine"}', served), [
    'nobody has outcome="fine"',
  ])
})

t.test("the alerts fire when they should", { skip: withoutPromtool() }, async (t) => {
  const folder = join(ROOT, "test/fixtures")
  t.equal(promtool(["check", "rules", join(ROOT, "deploy/prometheus-rules.yaml")]), "")
  t.equal(promtool(["test", "rules", join(folder, "prometheus-rules.test.yaml")]), "")
})

t.test("the systemd unit says what systemd knows, and what the command line knows", async (t) => {
  const unit = text("pool-worker.service")
  const settings = new Map<string, string>()
  for (const line of unit.split("\n").filter((it) => it && !it.startsWith("#"))) {
    const found = /^\[(Unit|Service|Install)\]$|^([A-Z]\w+)=(.*)$/.exec(line)
    t.ok(found, line)
    if (!found?.[2]) continue
    t.notOk(settings.has(found[2]), `${found[2]} once`)
    settings.set(found[2], found[3] ?? "")
  }
  const [program, ...args] = (settings.get("ExecStart") ?? "").split(" ")
  t.equal(program, "/usr/local/bin/pool")
  t.equal(complaintAbout(args.map((arg) => arg.replace("%l", "atlas"))), undefined)
  t.ok(Number(settings.get("TimeoutStopSec")) > WORKER_STOPS_IN, "time to end kindly")
  t.match(Object.fromEntries(settings), { KillMode: "mixed", Restart: "on-failure", Type: "exec" })

  if (spawnSync("systemd-analyze", ["--version"]).status !== 0) return
  const copy = join(tempFolder(t), "pool-worker.service")
  // It looks whether the program is there.
  writeFileSync(copy, unit.replace(program ?? "", process.execPath))
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", copy], { encoding: "utf8" })
  // What it says of other units of this machine is not about ours.
  const ours = stderr.split("\n").filter((line) => line.includes("pool-worker"))
  t.strictSame({ status, ours }, { status: 0, ours: [] })
})

t.test("the Dockerfile copies what is there, and runs what there is, not as root", async (t) => {
  const dockerfile = DockerfileParser.parse(text("Dockerfile"))
  const ignored = text("Dockerfile.dockerignore").split("\n")
  const all = dockerfile.getInstructions()
  const known = ["FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "HEALTHCHECK"]
  const keywords = new Set(all.map((it) => it.getKeyword()))
  t.strictSame([...keywords].sort(), [...known, "CMD", "ENTRYPOINT"].sort())
  const stages = dockerfile.getFROMs().map((it) => it.getBuildStage())
  t.strictSame(stages, ["build", null])
  for (const from of dockerfile.getFROMs()) t.match(from.getImage(), /^node:(2[02468]|lts)-slim$/)

  for (const copy of dockerfile.getCOPYs() as Copy[]) {
    const sources = copy.getArguments().slice(0, -1).map(String)
    const stage = copy.getFromFlag()?.getValue()
    if (stage) t.ok(stages.includes(stage), `stage ${stage}`)
    for (const source of stage ? [] : sources) {
      t.ok(existsSync(join(ROOT, source)), source)
      t.ok(ignored.includes(`!${source}`), `${source} is let into the build`)
    }
  }
  const { scripts, bin } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  const runs = all
    .filter((it) => it.getKeyword() === "RUN")
    .map(String)
    .join("\n")
  t.match(runs, "npm run build")
  t.ok(scripts.build)
  t.match(runs, `ln -s /opt/pool/${bin.pool} /usr/local/bin/pool`)

  const last = <T>(keyword: string) => all.findLast((it) => it.getKeyword() === keyword) as T
  const strings = (it: JSONInstruction) => it.getJSONStrings().map((json) => json.getJSONValue())
  t.equal(String(last("USER")), "USER node")
  t.strictSame(strings(last("ENTRYPOINT")), ["tini", "--", "pool"])
  const command = strings(last("CMD"))
  t.equal(complaintAbout(command), undefined)
  const port = command[command.indexOf("--http") + 1]?.split(":")[1]
  t.equal(String(last("EXPOSE")), `EXPOSE ${port}`)
  t.match(String(last("HEALTHCHECK")), `127.0.0.1:${port}/healthz`)
})

/** What is wrong with an expression: it does not parse, or asks for what is not served. */
function problemsIn(expr: string, served: ReadonlyMap<string, Family>): string[] {
  const samples = [...served.values()].flatMap((family) => family.samples)
  const names = new Set([...samples.map(({ name }) => name), ...served.keys()])
  const problems: string[] = []
  parser.parse(expr).iterate({
    enter({ type, from, to, node }) {
      const words = expr.slice(from, to)
      if (type.isError) problems.push(`does not parse at ${JSON.stringify(words)}`)
      if (type.name === "VectorSelector") {
        const name = node.getChild("Identifier")
        const metric = name ? expr.slice(name.from, name.to) : ""
        if (!names.has(metric)) problems.push(`${metric} is not served`)
      }
      if (type.name !== "UnquotedLabelMatcher") return
      const [, label = "", value = ""] = /^(\w+)\s*!?=\s*"(.*)"$/.exec(words) ?? []
      if (!samples.some(({ labels }) => labels[label] === value)) {
        problems.push(`nobody has ${label}="${value}"`)
      }
    },
  })
  return problems
}

interface ChartValues {
  readonly config: {
    readonly cluster: { readonly enabled: boolean; readonly replicas: number }
    readonly jetstream: {
      readonly enabled: boolean
      readonly fileStore: { readonly enabled: boolean; readonly pvc: { readonly enabled: boolean } }
      readonly merge: object
    }
    readonly merge: Readonly<Record<string, string>>
  }
  readonly container: { readonly image: { readonly tag: string } }
  readonly podTemplate: {
    readonly merge: { readonly spec: { readonly terminationGracePeriodSeconds: number } }
  }
}

t.test("three servers on Kubernetes: on file, and with time to leave politely", async (t) => {
  const [values] = documents<ChartValues>("nats-cluster-values.yaml")
  t.ok(values)
  if (!values) return
  const { config, container, podTemplate } = values
  t.match(config.cluster, { enabled: true, replicas: 3 })
  t.match(config.jetstream, { enabled: true, fileStore: { enabled: true, pvc: { enabled: true } } })
  t.ok(isAtLeast(container.image.tag, "2.12.15"))
  const { lame_duck_grace_period: grace = "", lame_duck_duration: duration = "" } = config.merge
  const leavesInS = Number.parseInt(grace, 10) + Number.parseInt(duration, 10)
  t.ok(podTemplate.merge.spec.terminationGracePeriodSeconds > leavesInS)

  const [patch] = documents<{ spec: { template: { spec: PodSpec } } }>(
    "kubernetes-cluster-patch.yaml",
  )
  const [patched] = patch?.spec.template.spec.containers ?? []
  const [inOne] = podIn("kubernetes.yaml").containers as [Container]
  t.match(patched, { name: "worker" })
  const args = patched?.args ?? []
  t.strictSame(args.slice(0, inOne.args.length), inOne.args, "and more")
  t.equal(complaintAbout(args.map((arg) => arg.replace(/\$\(\w+\)/, "work"))), undefined)
  t.equal(args[args.indexOf("--replicas") + 1], String(config.cluster.replicas))
  const urls = patched?.env.find(({ name }) => name === "NATS_URL")?.value?.split(",")
  t.equal(urls?.length, config.cluster.replicas)
})

t.test(
  "three servers under systemd: the server takes the file, and the units fit it",
  { skip: await skipsClusters() },
  async (t) => {
    const { path } = await serverProgram()
    const file = join(ROOT, "deploy", "nats-cluster.conf")
    const { status, stderr } = spawnSync(path, ["-t", "-c", file], { encoding: "utf8" })
    t.equal(status, 0, stderr)
    const server = text("nats-server.service")
    t.match(server, "KillSignal=SIGUSR2")
    const stopsIn = Number(/^TimeoutStopSec=(\d+)$/m.exec(server)?.[1])
    const config = text("nats-cluster.conf")
    const [grace = 0, duration = 0] = ["grace_period", "duration"].map((name) =>
      Number(new RegExp(`^lame_duck_${name}: (\\d+)s$`, "m").exec(config)?.[1]),
    )
    t.ok(stopsIn > grace + duration, "time to leave politely")

    const unit = text("pool-worker.service")
    const dropIn = text("pool-worker-cluster.conf")
    const [, usual = ""] = /^ExecStart=\S+ (.+)$/m.exec(unit) ?? []
    const [, clustered = ""] = /^ExecStart=\n^ExecStart=\S+ (.+)$/m.exec(dropIn) ?? []
    t.equal(clustered, `${usual} --replicas 3`)
    t.equal(complaintAbout(clustered.replace("%l", "a").split(" ")), undefined)

    if (spawnSync("systemd-analyze", ["--version"]).status !== 0) return
    const copy = join(tempFolder(t), "nats-server.service")
    writeFileSync(copy, server.replace("/usr/local/bin/nats-server", process.execPath))
    const verified = spawnSync("systemd-analyze", ["verify", copy], { encoding: "utf8" })
    t.strictSame(
      verified.stderr.split("\n").filter((line) => line.includes("nats-server")),
      [],
    )
  },
)
