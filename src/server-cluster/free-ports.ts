/**
 * Ports of this machine that nobody listens on at the moment. They are below those that the system hands out by itself, so
 * that no outgoing connection takes one while its server is down; somebody else may, so whoever starts a server tries anew.
 */
import { createServer } from "node:net"

const FIRST_PORT = 12_000
const LAST_PORT = 32_000

/** A port for each way into a clustered server. */
export interface ServerPorts {
  readonly client: number
  /** Of the other servers of its cluster. */
  readonly route: number
  readonly monitoring: number
}

/** Free ports for `size` servers, no port twice. */
export async function freePorts(size: number): Promise<ServerPorts[]> {
  const found = new Set<number>()
  while (found.size < size * 3) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT))
    if (await isFree(port)) found.add(port)
  }
  const ports = [...found]
  return Array.from({ length: size }, (_, n) => {
    const [client, route, monitoring] = ports.slice(n * 3) as [number, number, number]
    return { client, route, monitoring }
  })
}

/** Whether a server could listen on this port of the loopback interface. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}
