/**
 * Options, looked at by name and kind before anything is done with them: one that is misspelt, or of another kind than it
 * must be, would otherwise silently be something else. What is undefined was not given. Whether a value of the right kind
 * can work is for whoever uses it to say.
 */
import { BadInput } from "../errors/errors.js"
import { nearestWord } from "./nearest-word.js"

/** What a value may be. */
export interface Kind {
  /** In words, for an error. */
  readonly expected: string
  readonly isMet: (value: unknown) => boolean
  /** What stands in it, where it is an object with names of its own. */
  readonly inside?: Kinds
  /** Whether its value may not be shown. */
  readonly isSecret?: boolean
}

export type Kinds = Readonly<Record<string, Kind>>

/** A kind for each option of `T`: the compiler misses one that is not there, and refuses one too many. */
export type KindsOf<T> = { readonly [Name in keyof Required<T>]: Kind }

export const text = kind("text", (value) => typeof value === "string")
export const secret: Kind = { ...text, isSecret: true }
export const number = kind("a number", (value) => typeof value === "number")
export const yesOrNo = kind("true or false", (value) => typeof value === "boolean")
export const callable = kind("a function", (value) => typeof value === "function")

/** The longest time that a timer can hold, in ms: 24 days. */
const LONGEST_MS = 2_147_483_647

/** A time that a timer can hold; and one in which somebody can answer. */
export const timeMs = kind(`0 to ${LONGEST_MS} ms`, (value) => isFrom(0, value, LONGEST_MS))
export const waitMs = kind(`1 to ${LONGEST_MS} ms`, (value) => isFrom(1, value, LONGEST_MS))

export const someText = kind(
  "text, or a list of texts",
  (value) => text.isMet(value) || (Array.isArray(value) && value.every(text.isMet)),
)

export const textByName = kind(
  "an object with texts by name",
  (value) =>
    isPlain(value) && Object.values(value).every((it) => it === undefined || text.isMet(it)),
)

export function kind(expected: string, isMet: (value: unknown) => boolean): Kind {
  return { expected, isMet }
}

export function numberFrom(least: number, most = Number.MAX_SAFE_INTEGER): Kind {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
  return kind(`a number ${range}`, (value) => isFrom(least, value, most))
}

export function wholeFrom(least: number): Kind {
  return kind(
    `a whole number from ${least}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least,
  )
}

export function either(...kinds: readonly Kind[]): Kind {
  const expected = kinds.map((one) => one.expected).join(", or ")
  return kind(expected, (value) => kinds.some((one) => one.isMet(value)))
}

export function oneOf(...words: readonly string[]): Kind {
  const expected = words.map((word) => JSON.stringify(word)).join(", ")
  return kind(expected, (value) => words.some((word) => word === value))
}

/** An object, of whatever class, with these methods. */
export function having(expected: string, ...methods: readonly string[]): Kind {
  return kind(
    expected,
    (value) =>
      typeof value === "object" &&
      value !== null &&
      methods.every((name) => typeof value[name as keyof object] === "function"),
  )
}

/** Headers of a message, as a program may give them. */
export const headersLike = either(
  textByName,
  having("MsgHdrs", "append", "last"),
  kind("Headers", (value) => Object.prototype.toString.call(value) === "[object Headers]"),
)

export function optionsLike(inside: Kinds): Kind {
  return { expected: "an object with options", isMet: isPlain, inside }
}

/**
 * Throws BadInput, in the name of `of`, for an option of `given` that is not known or of another kind than it must be. `path`
 * is where `given` itself stands among others, and ends in a dot.
 */
export function checkOptions<T extends object>(
  of: string,
  given: T,
  kinds: KindsOf<T>,
  path = "",
): void {
  check(of, given, kinds as Kinds, path)
}

/** The same, and returns what was given, read once; the methods of a class are those of `given` still. */
export function knownOptions<T extends object>(of: string, given: T, kinds: KindsOf<T>): T {
  checkOptions(of, given, kinds)
  const values = Object.keys(kinds).map((name) => {
    const value: unknown = given[name as keyof T]
    const isInherited = typeof value === "function" && !Object.hasOwn(given, name)
    return [name, isInherited ? value.bind(given) : value] as const
  })
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as T
}

/** Throws BadInput if `value`, which is called `name`, is not of `kind`. */
export function checkKind(name: string, value: unknown, { expected, isMet, isSecret }: Kind): void {
  if (isMet(value)) return
  throw new BadInput(name, expected, isSecret ? `a secret ${typeof value}` : value)
}

function check(of: string, given: unknown, kinds: Kinds, path: string): void {
  if (!isPlain(given)) {
    const name = path === "" ? `options of ${of}` : path.slice(0, -1)
    throw new BadInput(name, "an object with options", given)
  }
  const options = given as Readonly<Record<string, unknown>>
  for (const name of Object.keys(options)) {
    if (options[name] === undefined) continue
    if (!Object.hasOwn(kinds, name)) refuse(of, name, kinds, path)
    checkOption(of, name, options[name], kinds, path)
  }
  for (const symbol of Object.getOwnPropertySymbols(options)) {
    refuse(of, symbol.description ?? "", kinds, path, String(symbol))
  }
  if (Object.getPrototypeOf(given) === Object.prototype) return
  for (const name of Object.keys(kinds)) {
    if (options[name] !== undefined) checkOption(of, name, options[name], kinds, path)
  }
}

function checkOption(of: string, name: string, value: unknown, kinds: Kinds, path: string): void {
  const kind = kinds[name] as Kind
  if (kind.inside) check(of, value, kind.inside, `${path}${name}.`)
  else if (!kind.isMet(value)) checkKind(`${path}${name}`, value, kind)
}

function refuse(of: string, name: string, kinds: Kinds, path: string, got = name): never {
  const names = Object.keys(kinds)
  const nested = names.flatMap((outer) =>
    Object.keys(kinds[outer]?.inside ?? {}).map((inner) => `${outer}.${inner}`),
  )
  const near = nearestWord(name, names) ?? nested.find((it) => it.endsWith(`.${name}`))
  const known = near === undefined ? names.join(", ") : `such as ${path}${near}`
  throw new BadInput(`options of ${of}`, `options that it has, ${known}`, `${path}${got}`)
}

function isFrom(least: number, value: unknown, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most
}

/** Whether `value` is a plain object, or of a class of the program's own. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  if (Object.getPrototypeOf(value) === Object.prototype) return true
  return /^\[object (Object|Module)\]$/.test(Object.prototype.toString.call(value))
}
