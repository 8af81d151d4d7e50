/** A screen with its colour codes, as `tmux capture-pane -e` gives it, drawn as SVG. */

const CELL = { width: 8.4, height: 18 }
const MARGIN = 18
/** The bar of the window, above the screen. */
const BAR = 30
const FRAME = "#2b333d"
const BUTTONS = ["#ff7b72", "#e3b341", "#56d364"]
const INK = "#d6dde6"
const PAPER = "#0f141a"
const COLOURS = {
  31: "#ff7b72",
  32: "#56d364",
  33: "#e3b341",
  34: "#79c0ff",
  35: "#d2a8ff",
  36: "#76e3ea",
}
const CHANGES = {
  1: { bold: true },
  2: { dim: true },
  7: { inverse: true },
  22: { bold: false, dim: false },
  27: { inverse: false },
  39: { colour: undefined },
}
const FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"

/** The SVG of a screen of `columns` x `rows` cells. */
export function svgOf(screen, columns, rows, title) {
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN)
  const height = Math.ceil(rows * CELL.height + BAR + 1.5 * MARGIN)
  const buttons = BUTTONS.map(
    (colour, index) => `<circle cx="${20 + index * 18}" cy="${BAR / 2}" r="5.5" fill="${colour}"/>`,
  )
  const drawn = runsIn(screen.split("\n").slice(0, rows)).map(drawRun)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" fill="${PAPER}" stroke="${FRAME}"/>
<path d="M0.5 ${BAR}V10.5a10 10 0 0 1 10 -10H${width - 10.5}a10 10 0 0 1 10 10V${BAR}Z" fill="#1a212a" stroke="${FRAME}"/>
${buttons.join("")}
<text x="${width / 2}" y="${BAR / 2 + 4.5}" text-anchor="middle" font-family="${FONT}" font-size="13" fill="${INK}" opacity="0.7">${escaped(title)}</text>
<g transform="translate(${MARGIN} ${BAR + MARGIN / 2})" font-family="${FONT}" font-size="14" fill="${INK}" xml:space="preserve">
${drawn.filter(Boolean).join("\n")}
</g>
</svg>
`
}

/** Lines as runs of one look: `{ text, row, column, look }`. A look lasts until the next code, over lines as well. */
function runsIn(lines) {
  const runs = []
  let look = {}
  for (const [row, line] of lines.entries()) {
    let column = 0
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code begins with
    for (const piece of line.split(/(\x1b\[[\d;]*m)/)) {
      if (piece.startsWith("\x1b")) look = changed(look, piece.slice(2, -1))
      else if (piece !== "") {
        runs.push({ text: piece, row, column, look })
        column += [...piece].length
      }
    }
  }
  return runs
}

function changed(look, codes) {
  return codes.split(";").map(Number).reduce(withCode, look)
}

function withCode(look, code) {
  if (code === 0) return {}
  const change = code in COLOURS ? { colour: COLOURS[code] } : CHANGES[code]
  return { ...look, ...change }
}

function drawRun({ text, row, column, look }) {
  const [x, y] = [column * CELL.width, row * CELL.height]
  const ink = look.inverse ? PAPER : (look.colour ?? INK)
  const style = `${look.dim ? ' opacity="0.5"' : ""}${look.bold ? ' font-weight="bold"' : ""}`
  const { shapes, words } = drawn(text, x, y)
  const background = look.inverse ? rect(x, y, text.length * CELL.width, CELL.height, INK) : ""
  const inside = shapes.join("") + wordsAt(words, x, y)
  if (inside === "") return background
  return `${background}<g fill="${ink}" stroke="${ink}" stroke-width="0"${style}>${inside}</g>`
}

/** What of a text is drawn, and what is left to be typed. Of equal shapes side by side one wide one is made: no seams. */
function drawn(text, x, y) {
  const shapes = []
  let words = ""
  for (const [same] of text.matchAll(/([─░▁-█])\1*|./gu)) {
    const left = x + [...words].length * CELL.width
    const shape = shapeOf(same[0], left, y, [...same].length * CELL.width)
    if (shape) shapes.push(shape)
    words += shape ? " ".repeat([...same].length) : same
  }
  return { shapes, words }
}

/** Words at their cells, whatever the width of the font that is found. */
function wordsAt(words, x, y) {
  return [...words.matchAll(/\S+(?: \S+)*/g)]
    .map(({ 0: text, index }) => {
      const [left, width] = [x + index * CELL.width, [...text].length * CELL.width]
      return `<text x="${n(left)}" y="${n(y + 13.5)}" textLength="${n(width)}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`
    })
    .join("")
}

const EIGHTHS = "▁▂▃▄▅▆▇█"

/** Frames and bars as shapes; undefined for what is better typed. */
function shapeOf(character, x, y, width) {
  const { height } = CELL
  const [midX, midY] = [x + width / 2, y + height / 2]
  const eighths = EIGHTHS.indexOf(character) + 1
  if (eighths > 0) {
    const high = (height - 4) * (eighths / 8)
    return rect(x, y + height - 2 - high, width, high)
  }
  switch (character) {
    case "░":
      return rect(x, y + 2, width, height - 4, undefined, 0.6)
    case "─":
      return stroke(`M${n(x)} ${n(midY)}h${n(width)}`)
    case "│":
      return stroke(`M${n(midX)} ${n(y)}v${height}`)
    case "╭":
      return stroke(`M${n(midX)} ${n(y + height)}V${n(midY + 4)}q0 -4 4 -4H${n(x + width)}`)
    case "╮":
      return stroke(`M${n(x)} ${n(midY)}H${n(midX - 4)}q4 0 4 4V${n(y + height)}`)
    case "╰":
      return stroke(`M${n(midX)} ${n(y)}V${n(midY - 4)}q0 4 4 4H${n(x + width)}`)
    case "╯":
      return stroke(`M${n(x)} ${n(midY)}H${n(midX - 4)}q4 0 4 -4V${n(y)}`)
    case "●":
      return `<circle cx="${n(midX)}" cy="${n(midY)}" r="3.6"/>`
    case "○":
      return `<circle cx="${n(midX)}" cy="${n(midY)}" r="3.2" fill="none" stroke-width="1.2"/>`
    case "▸":
      return `<path d="M${n(x + 1.5)} ${n(midY - 4)}l6 4l-6 4z"/>`
    default:
      return undefined
  }
}

function stroke(d) {
  return `<path d="${d}" fill="none" stroke-width="1.1"/>`
}

function rect(x, y, width, height, fill, opacity) {
  const look = `${fill ? ` fill="${fill}"` : ""}${opacity ? ` opacity="${opacity}"` : ""}`
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"${look}/>`
}

function n(value) {
  return Number(value.toFixed(2))
}

function escaped(text) {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
}
