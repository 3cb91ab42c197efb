// Two aligned pictures on identical skin: slider, side by side, blink; zoom and pan are always shared.
// Everything happens in the browser: moving the slider never asks the server.

const MODES = [["slider", "Slider"], ["side", "Side by side"], ["blink", "Blink"]]
const MAX_ZOOM = 8
const BLINK_MS = 1000
const calm = window.matchMedia("(prefers-reduced-motion: reduce)")

export default function ({ data, parentElement }) {
  const identity = JSON.stringify(data)
  if (parentElement.dtViewer?.identity === identity) return
  const kept = parentElement.dtViewer?.state
  parentElement.dtViewer?.stop()
  parentElement.dtViewer = { identity, ...viewer(parentElement, data, kept) }
  return () => {
    parentElement.dtViewer?.stop()
    parentElement.dtViewer = null
  }
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value)
    else made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

function viewer(parent, data, kept) {
  parent.querySelector(".dt")?.remove()
  const state = { mode: "slider", position: 50, zoom: 1, x: 0, y: 0, overlay: "", swapped: false, ...kept }
  let timer = null

  // A panel holds both pictures; the follow-up lies above and is clipped, hidden or alone.
  const makePanel = (side) => {
    const layers = {}
    const clips = {}
    const panel = element("div", { class: "panel", "data-side": side })
    panel.style.aspectRatio = `${data.width} / ${data.height}`
    // A tall picture stays as a whole in the window.
    panel.style.maxWidth = `max(18rem, calc(84vh * ${data.width / data.height}))`
    for (const which of ["baseline", "follow_up"]) {
      const photo = element("img", { src: data[which].url, alt: data[which].label, draggable: "false" })
      const map = element("img", { alt: "", draggable: "false", hidden: "" })
      layers[which] = { layer: element("div", { class: "layer" }, photo, map), map }
      clips[which] = element("div", { class: "clip" }, layers[which].layer)
      panel.append(clips[which])
    }
    const left = element("span", { class: "tag left" })
    const right = element("span", { class: "tag right" }, data.follow_up.label)
    panel.append(left, right)
    return { panel, layers, clips, left, right, side }
  }
  const first = makePanel("first")
  const second = makePanel("second")
  const handle = element("div", {
    class: "handle", role: "slider", tabindex: "0", "aria-label": "Divider between baseline and follow-up",
    "aria-valuemin": "0", "aria-valuemax": "100", "aria-orientation": "horizontal",
  })
  first.panel.append(handle)
  const panels = element("div", { class: "panels" }, first.panel, second.panel)

  const modeButtons = MODES.map(([mode, label]) =>
    element("button", { type: "button", "data-mode": mode, onclick: () => { state.mode = mode; draw() } }, label))
  const overlay = element("select", { "aria-label": "Map over the photos", onchange: () => { state.overlay = overlay.value; draw() } },
    element("option", { value: "" }, "Photos only"),
    ...data.maps.map((map, index) => element("option", { value: String(index) }, map.label)))
  overlay.hidden = data.maps.length === 0
  const swap = element("button", { type: "button", onclick: () => { state.swapped = !state.swapped; draw() } }, "Swap")
  const zoomOut = element("button", { type: "button", "aria-label": "Zoom out", onclick: () => zoomAt(state.zoom / 1.5) }, "\u2212")
  const zoomIn = element("button", { type: "button", "aria-label": "Zoom in", onclick: () => zoomAt(state.zoom * 1.5) }, "+")
  const whole = element("button", { type: "button", onclick: () => { state.zoom = 1; state.x = 0; state.y = 0; draw() } }, "Fit")
  const controls = element("div", { class: "bar", role: "toolbar", "aria-label": "Comparison view" },
    element("span", { class: "group", role: "group", "aria-label": "View" }, ...modeButtons), overlay,
    element("span", { class: "group", role: "group", "aria-label": "Zoom" }, zoomOut, zoomIn, whole), swap)
  const scale = element("div", { class: "scale" })
  const root = element("div", { class: "dt" }, controls, panels, scale)
  parent.append(root)

  function zoomAt(zoom, px = 0.5, py = 0.5) {
    const next = Math.min(MAX_ZOOM, Math.max(1, zoom))
    // The point under the pointer stays where it is; x and y are shares of the panel.
    state.x = px - ((px - state.x) * next) / state.zoom
    state.y = py - ((py - state.y) * next) / state.zoom
    state.zoom = next
    draw()
  }

  function keepInside() {
    const least = 1 - state.zoom
    state.x = Math.min(0, Math.max(least, state.x))
    state.y = Math.min(0, Math.max(least, state.y))
  }

  function draw() {
    keepInside()
    for (const button of modeButtons) button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode))
    panels.classList.toggle("side", state.mode === "side")
    second.panel.hidden = state.mode !== "side"
    handle.hidden = state.mode !== "slider"
    swap.hidden = state.mode !== "blink"
    overlay.value = state.overlay
    const map = data.maps[Number(state.overlay)]
    const shown = state.overlay === "" ? null : map
    for (const panel of [first, second]) {
      panel.panel.classList.toggle("zoomed", state.zoom > 1)
      for (const which of ["baseline", "follow_up"]) {
        const { layer, map: image } = panel.layers[which]
        layer.style.transform = `translate(${state.x * 100}%, ${state.y * 100}%) scale(${state.zoom})`
        const url = shown ? shown[which] : null
        image.hidden = !url
        if (url && image.getAttribute("src") !== url) image.src = url
      }
    }
    const onlyFollowUp = state.mode === "blink" && state.swapped
    const cut = state.mode === "slider" ? state.position : state.mode === "side" ? 100 : onlyFollowUp ? 0 : 100
    first.clips.follow_up.style.clipPath = `inset(0 0 0 ${cut}%)`
    second.clips.follow_up.style.clipPath = "none"
    first.left.textContent = onlyFollowUp ? data.follow_up.label : data.baseline.label
    first.right.hidden = state.mode !== "slider"
    second.left.textContent = data.follow_up.label
    second.right.hidden = true
    handle.style.left = `${state.position}%`
    handle.setAttribute("aria-valuenow", String(Math.round(state.position)))
    handle.setAttribute("aria-valuetext", `${Math.round(state.position)} % ${data.baseline.label}`)
    drawScale(shown)
    runBlink()
  }

  function drawScale(map) {
    scale.replaceChildren()
    const bar = map?.bar
    if (!bar) {
      scale.append(element("p", {}, map ? map.note ?? "" : "Drag the divider, or focus it and use the arrow keys. Both pictures show the same skin at the same scale."))
      return
    }
    const ramp = element("i")
    ramp.style.background = `linear-gradient(to right, ${bar.colours.join(", ")})`
    const figure = (value) => String(Number(value.toPrecision(3))).replace("-", "\u2212")
    scale.append(
      element("div", { class: "ramp", role: "img", "aria-label": `${bar.label}: ${figure(bar.low)} to ${figure(bar.high)} ${bar.unit}` }, ramp,
        element("span", {}, element("b", {}, figure(bar.low)), element("b", {}, `${figure(bar.high)} ${bar.unit}`))),
      element("p", {}, [bar.label, map.note].filter(Boolean).join(". ")))
  }

  function runBlink() {
    const wanted = state.mode === "blink" && !calm.matches
    if (wanted && timer === null) {
      timer = window.setInterval(() => { state.swapped = !state.swapped; draw() }, BLINK_MS)
    } else if (!wanted && timer !== null) {
      window.clearInterval(timer)
      timer = null
    }
  }

  handle.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 2
    const moves = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageUp: 10, PageDown: -10, Home: -100, End: 100 }
    if (!(event.key in moves)) return
    event.preventDefault()
    state.position = Math.min(100, Math.max(0, state.position + moves[event.key]))
    draw()
  })

  // Pointers: one moves the divider (or pans a zoomed picture), two pinch.
  const pointers = new Map()
  let gesture = null
  const share = (event, panel) => {
    const box = panel.getBoundingClientRect()
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
  }
  function down(event, panel) {
    if (event.button !== 0) return
    pointers.set(event.pointerId, share(event, panel))
    const onHandle = event.target === handle
    const slides = state.mode === "slider" && (onHandle || state.zoom === 1)
    gesture = pointers.size === 2 ? { kind: "pinch", distance: spread() } : { kind: slides ? "slide" : "pan" }
    panel.setPointerCapture(event.pointerId)
    if (gesture.kind === "slide" && !onHandle && event.pointerType === "mouse") move(event, panel)
    if (onHandle) handle.focus()
  }
  function move(event, panel) {
    if (!pointers.has(event.pointerId)) return
    const [x, y] = share(event, panel)
    const [oldX, oldY] = pointers.get(event.pointerId)
    pointers.set(event.pointerId, [x, y])
    if (gesture.kind === "slide") state.position = Math.min(100, Math.max(0, x * 100))
    else if (gesture.kind === "pan") { state.x += x - oldX; state.y += y - oldY }
    else if (pointers.size === 2) {
      const distance = spread()
      const points = [...pointers.values()]
      zoomAt((state.zoom * distance) / gesture.distance, (points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2)
      gesture.distance = distance
    }
    draw()
  }
  function up(event) {
    pointers.delete(event.pointerId)
    if (pointers.size === 1) gesture = { kind: "pan" }
  }
  function spread() {
    const [a, b] = [...pointers.values()]
    return Math.hypot(a[0] - b[0], a[1] - b[1]) || 1e-6
  }
  for (const { panel } of [first, second]) {
    panel.addEventListener("pointerdown", (event) => down(event, panel))
    panel.addEventListener("pointermove", (event) => move(event, panel))
    panel.addEventListener("pointerup", up)
    panel.addEventListener("pointercancel", up)
    panel.addEventListener("wheel", (event) => {
      // A plain wheel scrolls the page; with Ctrl (and a pinch on a touchpad) it zooms.
      if (!event.ctrlKey) return
      event.preventDefault()
      zoomAt(state.zoom * Math.exp(-event.deltaY / 200), ...share(event, panel))
    }, { passive: false })
    panel.addEventListener("dblclick", (event) => zoomAt(state.zoom > 1 ? 1 : 3, ...share(event, panel)))
  }

  draw()
  return { state, stop: () => { if (timer !== null) window.clearInterval(timer); timer = null } }
}
