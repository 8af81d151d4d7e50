/** Payloads checked at the door, by a schema of any library that speaks Standard Schema (https://standardschema.dev). */
import type { StandardSchemaV1 } from "@standard-schema/spec"
import { BadInput } from "../errors/errors.js"
import { reasonOf } from "../errors/thrown.js"
import { BadRequest } from "../errors/work-errors.js"
import { callable, checkKind } from "../options/known-options.js"
import { isPromise } from "../time/promised.js"
import type { Job } from "./job.js"

/** How many of a payload's faults are told. */
const MOST_FAULTS = 3

/**
 * A handler for `work` or `leaderWork` that gets the payload as `schema` makes it of the JSON that came, typed so. What
 * the schema refuses never reaches `handler`: the requester gets a 400 that names each field and what is wrong with it.
 * Throws BadInput for what is no schema, or no function.
 *
 * @example
 * const Mail = z.object({ to: z.email(), text: z.string() })
 * const worker = await joinPool({ work: checked(Mail, (mail, job) => send(mail.to, mail.text)) })
 */
export function checked<Schema extends StandardSchemaV1, More extends unknown[]>(
  schema: Schema,
  handler: (payload: StandardSchemaV1.InferOutput<Schema>, job: Job, ...more: More) => unknown,
): (job: Job, ...more: More) => unknown {
  checkKind("handler", handler, callable)
  if (
    typeof (schema as Partial<Schema> | null | undefined)?.["~standard"]?.validate !== "function"
  ) {
    throw new BadInput("schema", "a schema that speaks Standard Schema", schema)
  }
  const handle = (result: StandardSchemaV1.Result<unknown>, job: Job, more: More) => {
    if (result.issues) throw new BadRequest(faultsIn(result.issues))
    return handler(result.value as StandardSchemaV1.InferOutput<Schema>, job, ...more)
  }
  return (job, ...more) => {
    const result = schema["~standard"].validate(job.json())
    // Most schemas answer at once, and then so does the handler that may.
    if (!isPromise(result)) return handle(result, job, more)
    return Promise.resolve(result).then((it) => handle(it, job, more))
  }
}

/** Said in any case: what the schema refused is a 400, however it puts it. */
function faultsIn(issues: readonly StandardSchemaV1.Issue[]): string {
  try {
    const told = issues
      .slice(0, MOST_FAULTS)
      .map((issue) => `${pathOf(issue.path)}: ${reasonOf(issue)}`)
    const others = issues.length - told.length
    return [...told, ...(others > 0 ? [`and ${others} more`] : [])].join("; ")
  } catch (error) {
    return `payload: refused by its schema, which can't say why: ${reasonOf(error)}`
  }
}

/** `payload.to[0].name` */
function pathOf(path: StandardSchemaV1.Issue["path"]): string {
  const keys = (path ?? []).map((segment) => (typeof segment === "object" ? segment.key : segment))
  return keys.reduce<string>(
    (text, key) => text + (typeof key === "number" ? `[${key}]` : `.${String(key)}`),
    "payload",
  )
}
