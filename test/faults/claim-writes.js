/**
 * Has each write of a claim noted as it is called and as it returns, in the process that loads this: by members, and by
 * supervisors for those that died. It stands between the pool and its library; plain JavaScript, for workers load it.
 */
import { Bucket } from "@nats-io/kv"

const CLAIM_KEY = "leader"
const REFUSED = [10071, 10164]
let last = 0

/** Calls `note` with each line; see history.ts. */
export function noteClaimWrites(note) {
  const { put } = Bucket.prototype
  Bucket.prototype.put = async function (key, data, options) {
    if (key !== CLAIM_KEY) return put.call(this, key, data, options)
    last += 1
    const write = `${process.pid}-${last}`
    note({ what: "writing", write, over: options?.previousSeq ?? 0, ...claimIn(data) })
    try {
      const revision = await put.call(this, key, data, options)
      note({ what: "wrote", write, result: "ok", revision })
      return revision
    } catch (error) {
      const result = REFUSED.includes(error.code) ? "refused" : "unknown"
      note({ what: "wrote", write, result, why: String(error.message) })
      throw error
    }
  }
}

function claimIn(data) {
  const { name: by, nonce, term, lease, released } = JSON.parse(new TextDecoder().decode(data))
  const isFirst = term === undefined
  const kind = released ? "release" : isFirst ? "claim" : "renewal"
  return { kind, by, nonce, lease, ...(!isFirst && { term }) }
}
