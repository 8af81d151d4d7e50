/**
 * JSON that holds what it was made of. `JSON.stringify` makes `{}` of a Map, null of NaN, and leaves functions out; here
 * that is refused, with the way to it. What describes itself (`toJSON`) is taken at its word, and properties that are
 * undefined count as not there.
 */

/** What is nested deeper is looked at with the care that a circle needs. */
const PLAIN_DEPTH = 64
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** `value` as JSON. Throws a TypeError that says what of `root`, which is its name, JSON would lose. */
export function losslessJson(value: unknown, root: string): string {
  return isPlain(value, 0) ? (JSON.stringify(value) as string) : carefully(value, root)
}

/** Whether JSON surely holds all of `value`, which is quick to see for most that is sent. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true
    case "number":
      return Number.isFinite(value)
    case "object":
      return value === null || (depth < PLAIN_DEPTH && isPlainObject(value, depth + 1))
    default:
      return false
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) if (!isPlain(value[at], depth)) return false
    return true
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    if (value instanceof Date) return !Number.isNaN(value.getTime())
    if ("toJSON" in value || lossOfObject(value)) return false
  }
  // A toJSON of its own is a function, and so not plain.
  for (const key in value) {
    const item = value[key as keyof object] as unknown
    if (item !== undefined && !isPlain(item, depth)) return false
  }
  return true
}

function carefully(value: unknown, root: string): string {
  const paths = new Map<object, string>()
  let last = root
  function looked(this: object, key: string, item: unknown): unknown {
    const holder = paths.get(this)
    last = holder === undefined ? root : `${holder}${step(this, key)}`
    const loss = lossOf(
      item,
      this[key as keyof object],
      holder === undefined || Array.isArray(this),
    )
    if (loss) throw new TypeError(`${last} is ${loss}`)
    if (typeof item === "object" && item !== null) paths.set(item, last)
    return item
  }
  try {
    return JSON.stringify(value, looked)
  } catch (error) {
    // What it says of a circle is a picture of many lines.
    const isCircle = error instanceof TypeError && error.message.startsWith("Converting circular")
    throw isCircle ? new TypeError(`${last} leads back to what it is in, a circle`) : error
  }
}

/** From `holder` to what it holds under `key`. */
function step(holder: object, key: string): string {
  if (Array.isArray(holder)) return `[${key}]`
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** What `item` is, if JSON would lose it; `given` is the same before its toJSON. */
function lossOf(item: unknown, given: unknown, isNeeded: boolean): string | undefined {
  switch (typeof item) {
    case "function":
    case "symbol":
      return `a ${typeof item}`
    case "bigint":
      return "a BigInt"
    case "number":
      return Number.isFinite(item) ? undefined : String(item)
    case "undefined":
      return isNeeded ? "undefined" : undefined
    case "object":
      if (item !== null) return lossOfObject(item)
      return given instanceof Date ? "an invalid Date" : undefined
    default:
      return undefined
  }
}

/** What `value` is, if what it holds is nothing that JSON looks at. */
function lossOfObject(value: object): string | undefined {
  const kind = Object.getPrototypeOf(value)
  if (Array.isArray(value) || kind === null || Object.getPrototypeOf(kind) === null)
    return undefined
  const type = Object.prototype.toString.call(value).slice("[object ".length, -1)
  if (type === "String" || type === "Number" || type === "Boolean") return undefined
  const { on, emit } = value as { on?: unknown; emit?: unknown }
  const isLost =
    /^(Map|Set|Error|Promise|RegExp)$/.test(type) ||
    ArrayBuffer.isView(value) ||
    (typeof on === "function" && typeof emit === "function") ||
    Object.keys(value).length === 0
  if (!isLost) return undefined
  const name = type === "Object" || type === "Error" ? kind.constructor?.name || type : type
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`
}
