/**
 * What listens on a port. A NATS server speaks first: one line of JSON, before any TLS or credentials,
 * that tells its version and whether JetStream is on. A server whose TLS is set to `handshake_first`
 * does not greet and counts as a stranger.
 */
import { connect } from "node:net"

/** The part of a server's greeting that is of use here. */
export interface ServerInfo {
  readonly version: string
  /** Undefined for one that has none but its id. */
  readonly name?: string
  readonly isJetStreamOn: boolean
  readonly maxPayload: number
}

/** The name that a server was given, by what it says of itself; undefined for one that has none but its id. */
export function serverNameIn(info: Naming | undefined): string | undefined {
  const { server_name: name, server_id: id } = info ?? {}
  return name === undefined || name === "" || name === id ? undefined : name
}

interface Naming {
  readonly server_name?: string
  readonly server_id?: string
}

const LONGEST_GREETING = 64 * 1024

/**
 * Asks who listens at `host:port`: a Greeting, `"nobody"` if the connection is refused, `"stranger"` if
 * something accepts it and does not greet like a NATS server within `withinMs`.
 */
export function serverInfoOf(
  port: number,
  host = "127.0.0.1",
  withinMs = 1000,
): Promise<ServerInfo | "nobody" | "stranger"> {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    const timer = setTimeout(() => answer(isConnected ? "stranger" : "nobody"), withinMs)
    let isConnected = false
    let text = ""
    function answer(found: ServerInfo | "nobody" | "stranger") {
      clearTimeout(timer)
      socket.destroy()
      resolve(found)
    }
    socket.setEncoding("utf8")
    socket.on("connect", () => {
      isConnected = true
    })
    socket.on("data", (chunk: string) => {
      text += chunk
      if (text.includes("\r\n")) answer(serverInfoIn(text) ?? "stranger")
      else if (text.length > LONGEST_GREETING) answer("stranger")
    })
    socket.on("error", (error: NodeJS.ErrnoException) => {
      answer(isConnected || error.code === "ECONNRESET" ? "stranger" : "nobody")
    })
    socket.on("close", () => answer(isConnected ? "stranger" : "nobody"))
  })
}

function serverInfoIn(text: string): ServerInfo | undefined {
  const found = /^INFO (\{.*\})\s*\r\n/.exec(text)
  if (!found) return undefined
  try {
    const info = JSON.parse(found[1] as string)
    const name = serverNameIn(info)
    return {
      version: String(info.version ?? ""),
      ...(name !== undefined && { name }),
      isJetStreamOn: info.jetstream === true,
      maxPayload: Number(info.max_payload ?? 0),
    }
  } catch {
    return undefined
  }
}
