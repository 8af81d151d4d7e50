/**
 * The configuration of one server of a cluster, as a file that people can read, copy and take to machines of their own. It
 * says what to change there. By hand, in its folder: `nats-server -c n1.conf`.
 */
import type { ServerPorts } from "./free-ports.js"

export interface ClusterPlan {
  /** Of the cluster: servers of another do not join. */
  readonly clusterName: string
  /** One for each server; the first is `n1`. */
  readonly ports: readonly ServerPorts[]
  /** Configuration of your own, added to each. */
  readonly more?: string
  /** The port at which one server reaches another, both by index, where something stands between them. Default: its own. */
  readonly reach?: (from: number, to: number) => number
}

/** Servers tell each other where they are found; here nobody is. */
const NOT_FOUND_OTHERWISE = `
  # The others reach it as they were told above, and in no other way.
  advertise: "127.0.0.1:1"
`

/** What the server at `index` is called: n1, n2 and so on. */
export function serverName(index: number): string {
  return `n${index + 1}`
}

/** The text of the configuration of the server at `index`. */
export function configOf(plan: ClusterPlan, index: number): string {
  const { clusterName, ports, more, reach } = plan
  const name = serverName(index)
  const { client, route, monitoring } = ports[index] as ServerPorts
  const routes = ports
    .map((it, to) => (reach && to !== index ? reach(index, to) : it.route))
    .map((port) => `    "nats-route://127.0.0.1:${port}"`)
  return `# Server ${name} of ${ports.length}. All of them together are one cluster, in which a bucket of three replicas survives the
# loss of any one server. By hand, in this folder:   nats-server -c ${name}.conf
#
# On machines of your own: the same file on each with its own server_name and addresses. What to change there is
# said at each line. Relative paths begin in the folder that the server was started in.

# Every server has one of its own, and keeps it with its files: it is how the others know it.
server_name: ${name}

# For clients. On machines of your own 0.0.0.0:4222, and then with "authorization" and "tls" (see the manual).
listen: 127.0.0.1:${client}

# For people and scripts: /healthz, /varz, /jsz, /connz. Nobody is asked for a password here, so leave it on loopback,
# or on a network that only your own machines reach.
http: 127.0.0.1:${monitoring}

jetstream {
  # Its files, and its part of what the cluster decides: another server must not share them. A server that comes back
  # with an empty folder is filled again by the others.
  store_dir: "${name}"

  # More than a thousand pools need. Without limits the server takes three quarters of the memory and disk.
  max_memory_store: 64MB
  max_file_store: 1GB

  # A server writes to disk every two minutes by default, so a power cut of all machines at once can undo the last
  # writes, and with them the number of a reign. This makes every write as slow as the disk, and safe:
  # sync_interval: always
}

cluster {
  # Servers of another name do not join.
  name: ${clusterName}

  # For the other servers. On machines of your own 0.0.0.0:6222, reachable by your servers only.
  listen: 127.0.0.1:${route}

  # All servers, this one too. On machines of your own: "nats-route://n1.example.net:6222" and so on.
  routes: [
${routes.join("\n")}
  ]
${reach ? NOT_FOUND_OTHERWISE : ""}
  # On machines of your own, so that no stranger joins: the same in all.
  # authorization { user: route, password: "..." }
}

# How a server leaves politely: nats-server --signal ldm=<its process id>. It tells its clients to go elsewhere, hands on
# what it leads, and closes their connections over this time, 30 seconds at least; with few clients it ends sooner.
lame_duck_duration: 30s
${more ? `\n${more}\n` : ""}`
}
