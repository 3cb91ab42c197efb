// Small photos in a row. Addresses come from this server's guarded routes; labels are put in as text.
export default function ({ data, parentElement }) {
  parentElement.querySelector(".dt")?.remove()
  const root = document.createElement("div")
  root.className = "dt"
  const row = document.createElement("div")
  row.className = "row"
  for (const picture of data.pictures) {
    const figure = document.createElement("figure")
    const image = document.createElement("img")
    image.src = picture.url
    image.alt = picture.label
    image.loading = "lazy"
    const caption = document.createElement("figcaption")
    caption.textContent = picture.label
    figure.append(image, caption)
    row.append(figure)
  }
  root.append(row)
  parentElement.append(root)
}
