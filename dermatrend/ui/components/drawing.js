// Regions drawn on the upright baseline photo, and a ruler's two ends: by mouse, touch or keyboard.
// Coordinates are pixels of the full photo (data.width x data.height), whatever size is shown.

const TOOLS = [["treated", "Treated region"], ["reference", "Untreated skin"], ["ruler", "Ruler"]]
const SVG = "http://www.w3.org/2000/svg"

export default function ({ data, parentElement, setStateValue }) {
  const identity = data.url
  if (parentElement.dtDrawing === identity) return
  parentElement.dtDrawing = identity
  parentElement.querySelector(".dt")?.remove()
  drawing(parentElement, data, setStateValue)
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  set(made, attributes)
  made.append(...children)
  return made
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag)
  set(made, attributes)
  return made
}

function set(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value)
    else made.setAttribute(name, value)
  }
}

function drawing(parent, data, setStateValue) {
  const { width, height } = data
  const unit = Math.max(width, height) / 100
  const regions = []
  let tool = "treated"
  let open = []
  let ruler = []
  let cursor = [Math.round(width / 2), Math.round(height / 2)]
  let keyboard = false
  let dragged = null

  const buttons = TOOLS.map(([name, label]) =>
    element("button", { type: "button", "data-tool": name, onclick: () => { tool = name; open = []; draw() } }, label))
  const close = element("button", { type: "button", onclick: () => finish() }, "Close region")
  const back = element("button", { type: "button", onclick: () => undo() }, "Undo point")
  const image = element("img", { src: data.url, alt: data.label, draggable: "false" })
  const svg = shape("svg", {
    viewBox: `0 0 ${width} ${height}`, tabindex: "0", role: "application", preserveAspectRatio: "none",
    "aria-label": "Draw on the photo. Arrow keys move the cross, with Shift in larger steps. Space sets a point, Enter closes the region, Backspace takes the last point back.",
  })
  image.style.aspectRatio = `${width} / ${height}`
  const list = element("ul")
  const status = element("p", { class: "status", role: "status" })
  parent.append(element("div", { class: "dt" },
    element("div", { class: "bar", role: "toolbar", "aria-label": "Drawing" },
      element("span", { class: "group", role: "group", "aria-label": "Tool" }, ...buttons), close, back),
    element("div", { class: "stage" }, image, svg), status, list))

  const inside = ([x, y]) => [Math.min(width - 1, Math.max(0, Math.round(x))), Math.min(height - 1, Math.max(0, Math.round(y)))]
  const at = (event) => {
    const box = svg.getBoundingClientRect()
    return inside([((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height])
  }
  const near = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) < 2.2 * unit

  function add(point) {
    if (tool === "ruler") {
      ruler = ruler.length === 2 ? [point] : [...ruler, point]
      if (ruler.length === 2) tell()
    } else if (open.length >= 3 && near(point, open[0])) return finish()
    else open.push(point)
    draw()
  }

  function finish() {
    if (open.length < 3) {
      draw("A region needs at least three points.")
      return
    }
    const base = tool === "reference" ? "reference" : "treated"
    const taken = new Set(regions.map((region) => region.name))
    let name = base
    for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`
    regions.push({ name, role: base, polygon: open })
    open = []
    if (base === "treated" && !regions.some((region) => region.role === "reference")) tool = "reference"
    tell()
    draw()
  }

  function undo() {
    if (tool === "ruler") ruler = ruler.slice(0, -1)
    else open.pop()
    draw()
  }

  function tell() {
    setStateValue("drawn", { regions, ruler: ruler.length === 2 ? ruler : null })
  }

  function draw(message) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.tool === tool))
    close.hidden = tool === "ruler"
    svg.replaceChildren()
    const dot = (point, radius, more = {}) =>
      svg.append(shape("circle", { cx: point[0], cy: point[1], r: radius * unit, ...more }))
    for (const region of regions) {
      svg.append(shape("polygon", { points: region.polygon.join(" "), class: region.role }))
      const label = shape("text", { x: region.polygon[0][0] + unit, y: region.polygon[0][1] - unit, "font-size": 2.6 * unit })
      label.textContent = region.name
      svg.append(label)
      region.polygon.forEach((point, index) => dot(point, 0.9, { class: "grip", "data-region": regions.indexOf(region), "data-point": index }))
    }
    if (open.length) {
      svg.append(shape("polyline", { points: open.join(" ") }))
      open.forEach((point) => dot(point, 0.9))
    }
    if (ruler.length === 2) svg.append(shape("line", { class: "ruler", x1: ruler[0][0], y1: ruler[0][1], x2: ruler[1][0], y2: ruler[1][1] }))
    ruler.forEach((point) => dot(point, 0.9))
    if (keyboard) {
      const [x, y] = cursor
      svg.append(shape("path", { class: "cross", d: `M${x - 3 * unit} ${y}H${x + 3 * unit}M${x} ${y - 3 * unit}V${y + 3 * unit}` }))
    }
    const next = {
      ruler: ruler.length < 2 ? "Mark both ends of a known length: a ruler, a coin, a label." : "The ruler is set. Type its length below.",
      treated: "Set points around the treated skin. The last point closes on the first.",
      reference: "Set points around untreated skin nearby, in the same light.",
    }
    status.textContent = message ?? next[tool]
    list.replaceChildren(...regions.map((region) => element("li", {},
      element("input", { value: region.name, maxlength: "60", "aria-label": `Name of region ${region.name}`,
        onchange: (event) => { region.name = event.target.value.trim() || region.name; tell(); draw() } }),
      element("span", {}, region.role === "reference" ? "untreated" : "treated"),
      element("button", { type: "button", "aria-label": `Remove ${region.name}`,
        onclick: () => { regions.splice(regions.indexOf(region), 1); tell(); draw() } }, "Remove"))))
  }

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    const grip = event.target.closest?.(".grip")
    if (grip) {
      dragged = regions[Number(grip.dataset.region)].polygon
      dragged = { polygon: dragged, index: Number(grip.dataset.point) }
      svg.setPointerCapture(event.pointerId)
    }
  })
  svg.addEventListener("pointermove", (event) => {
    if (!dragged) return
    dragged.polygon[dragged.index] = at(event)
    draw()
  })
  svg.addEventListener("pointerup", (event) => {
    if (dragged) tell()
    else if (event.button === 0) { keyboard = false; add(at(event)) }
    dragged = null
  })
  svg.addEventListener("keydown", (event) => {
    const step = Math.max(1, Math.round((event.shiftKey ? 5 : 0.5) * unit))
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }
    if (event.key in moves) cursor = inside([cursor[0] + moves[event.key][0], cursor[1] + moves[event.key][1]])
    else if (event.key === " ") add([...cursor])
    else if (event.key === "Enter") finish()
    else if (event.key === "Backspace") undo()
    else return
    event.preventDefault()
    keyboard = true
    draw()
  })
  draw()
}
