/** What a server's monitoring port says of it. Who does not answer, or answers something else, says nothing. */
import { get } from "node:http"

/** How long an answer may take, in ms. */
const ANSWER_MS = 2_000

/** The part of `/jsz` that tells of a cluster. */
export interface MetaGroup {
  /** Name of the server that leads the cluster's own bookkeeping; missing while nobody does. */
  readonly leader?: string
  readonly cluster_size?: number
}

/** What its `/healthz` says: `ok`, or what is wrong; undefined if it does not answer. */
export async function healthOf(monitoringUrl: string): Promise<string | undefined> {
  const health = (await asked(monitoringUrl, "/healthz")) as
    | { status?: string; error?: string }
    | undefined
  return health?.status === "ok" ? "ok" : (health?.error ?? health?.status)
}

/** Who leads the cluster's bookkeeping, as far as this server knows. */
export async function metaGroupOf(monitoringUrl: string): Promise<MetaGroup | undefined> {
  const jsz = (await asked(monitoringUrl, "/jsz")) as { meta_cluster?: MetaGroup } | undefined
  return jsz?.meta_cluster
}

/** What it answers under `path`, as JSON. */
function asked(monitoringUrl: string, path: string): Promise<unknown> {
  return new Promise((resolve) => {
    const nothing = () => resolve(undefined)
    const asking = get(`${monitoringUrl}${path}`, { agent: false }, async (answer) => {
      try {
        let text = ""
        for await (const chunk of answer) text += chunk
        resolve(JSON.parse(text))
      } catch {
        nothing()
      }
    })
    asking.setTimeout(ANSWER_MS, () => asking.destroy())
    asking.on("error", nothing)
  })
}
