/**
 * What was thrown, described. Anything can be thrown: an error whose message is an array or a getter that throws, a proxy
 * that refuses every question, nothing at all. Nothing here ever throws, whatever it is given, and no text is longer than
 * it may be. A getter that never returns is beyond it.
 */
import { inspect, types } from "node:util"

/** The longest reason, in characters: a stack or a whole document is no reason. */
const LONGEST_REASON = 2000
const LONGEST_STACK = 20_000
/** How many of the errors, or faults, that an error holds are told. */
const MOST_PARTS = 10
/** How far into messages that are errors or lists again. */
const DEEPEST = 4
/** How many errors are told with their stacks: one, its causes, and those that it gathers. */
const MOST_STACKS = 8

const UNTOLD = "something was thrown that can't be described"

/** What was thrown, as one line for people, without control characters. Empty if it says nothing. */
export function reasonOf(thrown: unknown): string {
  return attempted(() => oneLine(wordsOf(thrown), LONGEST_REASON)) ?? UNTOLD
}

/** The first line of that, for messages that go on with a picture or a stack. */
export function firstLineOf(thrown: unknown): string {
  const [first = ""] = (textOf(thrown, "message") ?? "").trim().split("\n", 1)
  return oneLine(first, LONGEST_REASON) || reasonOf(thrown)
}

/** The status that an answer gets for what was thrown: its `status` if that is an error's in HTTP, else 500. */
export function statusOf(thrown: unknown): number {
  const status = fieldOf(thrown, "status")
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) < 600
    ? Number(status)
    : 500
}

/** Its stack, and those of its causes and of the errors it gathers; its reason where it has none. */
export function stackOf(thrown: unknown): string {
  const told: unknown[] = []
  const waiting = [thrown]
  let text = ""
  while (waiting.length > 0 && told.length < MOST_STACKS) {
    const next = waiting.shift()
    if (told.includes(next)) continue
    told.push(next)
    const stack = fieldOf(next, "stack")
    const own = typeof stack === "string" && stack ? cut(stack, LONGEST_STACK) : reasonOf(next)
    text += text ? `\ncaused by: ${own}` : own
    const cause = fieldOf(next, "cause")
    waiting.push(...(cause === undefined ? [] : [cause]), ...partsOf(fieldOf(next, "errors")))
  }
  return cut(text, LONGEST_STACK)
}

/** A string that it holds under `name`; undefined if that is none. */
export function textOf(thrown: unknown, name: string): string | undefined {
  const text = fieldOf(thrown, name)
  return typeof text === "string" ? cut(text, LONGEST_REASON) : undefined
}

/** What it holds under `name`; undefined if it doesn't say. */
export function fieldOf(thrown: unknown, name: string): unknown {
  if (!isObject(thrown)) return undefined
  return attempted(() => (thrown as Readonly<Record<string, unknown>>)[name])
}

/** It as an Error: itself if it is one. */
export function errorOf(thrown: unknown): Error {
  if (types.isNativeError(thrown)) return thrown
  return new Error(reasonOf(thrown), { cause: thrown })
}

/** Whether it is of this class; no proxy is. */
export function isA<T>(thrown: unknown, type: abstract new (...args: never[]) => T): thrown is T {
  return isObject(thrown) && !types.isProxy(thrown) && thrown instanceof type
}

/** Any value in a few words: text in quotes, objects by what is in them. */
export function shown(value: unknown): string {
  return attempted(() => oneLine(inspected(value), LONGEST_REASON)) ?? "something unknown"
}

/** `text` without control characters, each space one, and at most this long. */
export function oneLine(text: string, longest: number): string {
  const line = cut(text, longest * 4).replace(/[\s\p{Cc}]+/gu, " ")
  return cut(line.trim(), longest)
}

function wordsOf(value: unknown, depth = 0): string {
  if (typeof value === "string") return value
  if (!isObject(value)) return String(value)
  if (depth < DEEPEST) {
    const said = [
      fieldOf(value, "message"),
      Array.isArray(value) ? value : fieldOf(value, "errors"),
    ]
    for (const part of said) {
      const words = Array.isArray(part) ? listOf(part, depth) : toldOf(part, depth)
      if (oneLine(words, LONGEST_REASON)) return words
    }
  }
  const name = types.isNativeError(value) && fieldOf(value, "name")
  if (typeof name === "string" && name) return name
  return inspected(value)
}

function listOf(parts: readonly unknown[], depth: number): string {
  return partsOf(parts)
    .map((part) => toldOf(part, depth))
    .filter((words) => words !== "")
    .join("; ")
}

function toldOf(part: unknown, depth: number): string {
  if (part === undefined || part === null) return ""
  return attempted(() => wordsOf(part, depth + 1)) ?? ""
}

/** The first of `parts`, if it is a list. */
function partsOf(parts: unknown): unknown[] {
  return attempted(() => (Array.isArray(parts) ? parts.slice(0, MOST_PARTS) : [])) ?? []
}

/** The first line of what Node shows: it looks behind proxies, and calls no getters. */
function inspected(value: unknown): string {
  const look = { depth: 1, breakLength: Number.POSITIVE_INFINITY, customInspect: false }
  const most = { maxArrayLength: MOST_PARTS, maxStringLength: LONGEST_REASON }
  return inspect(value, { ...look, ...most }).split("\n", 1)[0] as string
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function"
}

/** `text`, at most this long; not cut in the middle of a character. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text
  return `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, "")}…`
}

function attempted<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}
