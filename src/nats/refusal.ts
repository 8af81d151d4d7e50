/**
 * Why a server that greeted let nobody in. When it hangs up after its greeting, because it is full or because
 * it misses our certificate, the client says nothing but "timeout". So the server is asked once more, by hand.
 */
import { readFileSync } from "node:fs"
import { connect, isIP } from "node:net"
import { connect as connectTls } from "node:tls"
import type { TlsOptions } from "nats"
import type { ServerAddress } from "../nats-context/server-address.js"

/** What the server says, or TLS, within `withinMs`; undefined if it just keeps us waiting. */
export function refusalOf(
  { host, port }: ServerAddress,
  tls: TlsOptions | undefined,
  withinMs: number,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const timer = setTimeout(() => end(undefined), withinMs)
    let text = ""
    function end(why: Error | undefined) {
      clearTimeout(timer)
      socket.destroy()
      resolve(why)
    }
    socket.on("error", end)
    socket.on("close", () => end(new Error("it hung up")))
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString()
      const refused = /-ERR '(.*)'/.exec(text)?.[1]
      if (refused !== undefined) return end(new Error(refused))
      if (!text.includes("\r\n") || !(tls || /"tls_required":\s*true/.test(text))) return
      socket.removeAllListeners("data")
      const secured = connectTls({
        socket,
        ...(isIP(host) ? {} : { servername: host }),
        ...contentsOf(tls ?? {}),
      })
      secured.on("error", end)
      secured.on("close", () => end(new Error("it hung up")))
      // What a server has against our certificate comes after the handshake.
      secured.resume()
    })
  })
}

/** The client takes names of files; TLS takes what is in them. */
function contentsOf({ caFile, certFile, keyFile, ...more }: TlsOptions): object {
  return {
    ...more,
    ...(caFile && { ca: readFileSync(caFile) }),
    ...(certFile && { cert: readFileSync(certFile) }),
    ...(keyFile && { key: readFileSync(keyFile) }),
  }
}
