/**
 * A redis-server of its own for the peer that needs one, with its port and its folder. It writes to its log as it goes and
 * has it on disk each second; nats-server writes to its file as it goes as well, and has it on disk less often.
 */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const { REDIS_SERVER: PROGRAM = "redis-server" } = process.env
const LONGEST_MS = 10_000

export interface Redis {
  readonly version: string
  readonly port: number
  stop(): Promise<void>
}

/** Throws an error of one line where there is no such program. */
export async function startRedis(): Promise<Redis> {
  const version = await versionOf(PROGRAM)
  const folder = mkdtempSync(join(tmpdir(), "pool-bench-redis-"))
  const port = await freePort()
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder]
  const stored = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
  const server = spawn(PROGRAM, [...options, ...stored], { stdio: ["ignore", "pipe", "inherit"] })
  const ended = once(server, "exit")
  const listens = (async () => {
    for await (const text of server.stdout.iterator({ destroyOnReturn: false })) {
      if (String(text).includes("Ready to accept connections")) return server.stdout.resume()
    }
    throw new Error(`${PROGRAM} ended before it listened`)
  })()
  await listens
  return {
    ...{ version, port },
    async stop() {
      server.kill()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function versionOf(program: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: LONGEST_MS })
    return /v=(\S+)/.exec(stdout)?.[1] ?? "unknown"
  } catch (error) {
    throw new Error(`no redis-server on PATH, and none at REDIS_SERVER`, { cause: error })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no port is free")
  return address.port
}
