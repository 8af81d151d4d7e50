/** Fetches nats-server with the Go toolchain, which compiles it: a minute or two. */
import { join } from "node:path"
import { runProgram } from "../programs/run-program.js"

export interface GoOptions {
  /** An empty folder to work in. */
  folder: string
  version: string
  env: Readonly<Record<string, string | undefined>>
  report?: (line: string) => void
  signal?: AbortSignal
}

/** Compiles `version` into `folder`; returns the path of the program. */
export async function fetchGo(options: GoOptions): Promise<string> {
  const { folder, version, signal } = options
  // Debian's Go is set not to fetch the newer toolchain that a newer nats-server asks for.
  const env = { GOTOOLCHAIN: "auto", CGO_ENABLED: "0", ...options.env, GOBIN: folder }
  await runProgram("go", ["version"], { env, signal })
  options.report?.("compiling, which takes a minute or two")
  await runProgram("go", ["install", `github.com/nats-io/nats-server/v2@v${version}`], {
    ...{ env, signal, cwd: folder },
    timeoutMs: 15 * 60_000,
  })
  return join(folder, "nats-server")
}
