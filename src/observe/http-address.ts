/** Where a worker answers over HTTP: a port of this machine alone, or of a host that is named. */
import { BadInput } from "../errors/errors.js"

export interface HttpAddress {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

/** Nobody but this machine: what is served tells names and hosts, and asks for no password. */
const DEFAULT_HOST = "127.0.0.1"
const LAST_PORT = 65_535
const HOST_AND_PORT = /^(?:(?<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):)?(?<port>[0-9]{1,5})$/

/** Reads `9100`, `0.0.0.0:9100` or `[::]:9100`. Throws BadInput that says `what` was read. */
export function httpAddressOf(given: number | string, what = "http"): HttpAddress {
  const { host = DEFAULT_HOST, port } = HOST_AND_PORT.exec(String(given).trim())?.groups ?? {}
  const number = Number(port)
  if (port !== undefined && number <= LAST_PORT) {
    return { host: host.replace(/^\[|\]$/g, ""), port: number }
  }
  throw new BadInput(what, "a port such as 9100, or a host and a port such as 0.0.0.0:9100", given)
}

/** The address of the worker that is `place` places after the first one of several on this machine. */
export function placeAfter({ host, port }: HttpAddress, place: number): HttpAddress {
  if (port === 0) return { host, port }
  if (port + place <= LAST_PORT) return { host, port: port + place }
  throw new BadInput("http", `a port that leaves room for ${place} more, up to ${LAST_PORT}`, port)
}

/** As it is written in a URL. */
export function shownAddress({ host, port }: HttpAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`
}
