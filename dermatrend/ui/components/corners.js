// Four corners of a colour card marked on the upright photo: by mouse, touch or keyboard.
// Coordinates are pixels of the full photo (data.width x data.height), whatever size is shown.

const SVG = "http://www.w3.org/2000/svg"
const ZOOM = 4
const NAMES = ["first", "second", "third", "fourth"]

export default function ({ data, parentElement, setTriggerValue }) {
  const identity = data.url + JSON.stringify(data.corners)
  if (parentElement.dtCorners === identity) return
  parentElement.dtCorners = identity
  parentElement.querySelector(".dt")?.remove()
  marking(parentElement, data, setTriggerValue)
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value)
    else made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

function marking(parent, data, setTriggerValue) {
  const { width, height } = data
  // Without corners yet: a frame in the middle, to be pulled onto the card.
  const corners = (data.corners ?? [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]]
    .map(([x, y]) => [x * width, y * height])).map((corner) => [...corner])
  const step = Math.max(1, Math.round(Math.max(width, height) / 800))

  const image = element("img", { src: data.url, alt: data.label, draggable: "false", loading: "lazy" })
  image.style.aspectRatio = `${width} / ${height}`
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`)
  svg.setAttribute("preserveAspectRatio", "none")
  svg.setAttribute("aria-hidden", "true")
  const outline = document.createElementNS(SVG, "polygon")
  svg.append(outline)
  const loupe = element("div", { class: "loupe", "aria-hidden": "true" })
  loupe.hidden = true
  const handles = corners.map((_, index) => element("button", { type: "button", class: "corner" }))
  const stage = element("div", { class: "stage", role: "group", "aria-label": `Corners of the colour card in ${data.label}` },
    image, svg, ...handles, loupe)
  const status = element("p", { class: "status", role: "status" })
  const ask = (action) => () => setTriggerValue("asked", { action, corners })
  const bar = element("div", { class: "bar", role: "group", "aria-label": "Colour card" },
    element("button", { type: "button", class: "main", onclick: ask("use") }, "Use these corners"),
    element("button", { type: "button", onclick: ask("look") }, "Look again"),
    element("button", { type: "button", onclick: ask("none") }, "No card here"))
  parent.append(element("div", { class: "dt" }, stage, status,
    element("p", { class: "hint" }, "Pull the four rings onto the outer corners of the card's corner patches, in any order. "
      + "By keyboard: Tab goes from ring to ring, the arrow keys move it, with Shift in larger steps."), bar))

  const inside = ([x, y]) => [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))]

  function move(index, point) {
    corners[index] = inside(point).map((value) => Math.round(value * 100) / 100)
    draw(index)
  }

  function draw(active) {
    outline.setAttribute("points", ring(corners).join(" "))
    handles.forEach((handle, index) => {
      const [x, y] = corners[index]
      handle.style.left = `${((x + 0.5) / width) * 100}%`
      handle.style.top = `${((y + 0.5) / height) * 100}%`
      handle.setAttribute("aria-label", `The ${NAMES[index]} corner, at ${Math.round(x)}, ${Math.round(y)} px`)
    })
    loupe.hidden = active === undefined
    if (active === undefined) {
      status.textContent = ""
      return
    }
    const [x, y] = corners[active]
    status.textContent = `The ${NAMES[active]} corner is at ${Math.round(x)}, ${Math.round(y)} px.`
    const box = stage.getBoundingClientRect()
    const shown = [box.width * ZOOM, box.height * ZOOM]
    loupe.style.backgroundImage = `url("${data.url}")`
    loupe.style.backgroundSize = `${shown[0]}px ${shown[1]}px`
    loupe.style.backgroundPosition = `${54 - ((x + 0.5) / width) * shown[0]}px ${54 - ((y + 0.5) / height) * shown[1]}px`
    // On the side where the finger is not.
    loupe.style.left = x < width / 2 ? "auto" : "8px"
    loupe.style.right = x < width / 2 ? "8px" : "auto"
  }

  handles.forEach((handle, index) => {
    let grip = null
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return
      const box = stage.getBoundingClientRect()
      // The ring is gripped where it is touched: it does not jump under the finger.
      grip = [event.clientX - box.left - ((corners[index][0] + 0.5) / width) * box.width,
        event.clientY - box.top - ((corners[index][1] + 0.5) / height) * box.height]
      handle.setPointerCapture(event.pointerId)
      draw(index)
    })
    handle.addEventListener("pointermove", (event) => {
      if (!grip) return
      const box = stage.getBoundingClientRect()
      move(index, [((event.clientX - box.left - grip[0]) / box.width) * width - 0.5,
        ((event.clientY - box.top - grip[1]) / box.height) * height - 0.5])
    })
    const release = () => { grip = null }
    handle.addEventListener("pointerup", release)
    handle.addEventListener("pointercancel", release)
    handle.addEventListener("focus", () => draw(index))
    handle.addEventListener("blur", () => draw())
    handle.addEventListener("keydown", (event) => {
      const by = event.shiftKey ? 10 * step : step
      const moves = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }
      if (!(event.key in moves)) return
      event.preventDefault()
      move(index, [corners[index][0] + moves[event.key][0], corners[index][1] + moves[event.key][1]])
    })
  })
  draw()
}

// The corners around their middle, so that the outline never crosses itself.
function ring(corners) {
  const middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length)
  const turn = ([x, y]) => Math.atan2(y - middle[1], x - middle[0])
  return [...corners].sort((a, b) => turn(a) - turn(b))
}
