/**
 * The server of a pool on this machine: the one that listens already, or one that is found or fetched,
 * and started. Only what was started here is ever stopped. Everything it writes is in `.pool` of one
 * folder: the program in `bin`, JetStream's files in `jetstream`, its log in `logs`.
 */
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { DEFAULT_PORT } from "./default-port.js"
import { type FetchOptions, findOrFetchServer } from "./fetch-server.js"
import type { FindOptions } from "./find-server.js"
import { findRunning, type RunningServer, type StartedServer, startServer } from "./start-server.js"

/** The configuration that comes with this package; it keeps JetStream's files in `.pool/jetstream`. */
export const PACKAGED_CONFIG = fileURLToPath(new URL("../../nats-server.conf", import.meta.url))

export interface LocalServerOptions extends Omit<FetchOptions & FindOptions, "into"> {
  /** Port for clients. Default 4222; on any other, monitoring takes whichever port is free. */
  port?: number
  /** The folder with `.pool` in it. Default: the one this process stands in. */
  folder?: string
  /** Default: the one that comes with this package. Relative paths in it begin in `folder`. */
  configFile?: string
}

/** A server on this machine, and, if it was started here, the means to stop it. */
export interface LocalServer extends RunningServer {
  /** Missing if it ran already: then it is somebody else's. */
  readonly started?: StartedServer
}

/** Makes sure that a server with JetStream listens on `port`. Throws what each of its steps throws. */
export async function localServer(options: LocalServerOptions): Promise<LocalServer> {
  const { port = DEFAULT_PORT, configFile = PACKAGED_CONFIG } = options
  const folder = resolve(options.folder ?? ".")
  const running = await findRunning(port)
  if (running) return running
  const program = await findOrFetchServer({ ...options, into: join(folder, ".pool/bin") })
  const started = await startServer({
    binary: program.path,
    port,
    ...(port === DEFAULT_PORT ? {} : { httpPort: -1 }),
    cwd: folder,
    configFile: resolve(configFile),
    logFile: join(folder, ".pool/logs/nats-server.log"),
  })
  return { url: started.url, version: started.version, started }
}
