"""Read the text of a PDF back with pikepdf alone: runs of glyphs through their fonts' ToUnicode tables.

Enough for PDFs that typst writes (composite fonts with two-byte codes); where lines break is not known, so
compare texts with `squeeze`, which removes all white space.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pikepdf


class Run(NamedTuple):
    """Glyphs set in one go: their text and where they start and end, in points from the left."""

    page: int
    text: str
    left: float
    right: float


def squeeze(text: str) -> str:
    """Text without any white space, visible or not.

    >>> squeeze("a b\\u200b\\nc")
    'abc'
    """
    return re.sub(r"[\s\u00ad\u200b]+", "", text)


def pdf_text(data: bytes) -> str:
    """All text in the order in which it is drawn, squeezed."""
    return squeeze("".join(run.text for run in runs(data)))


def runs(data: bytes) -> Iterator[Run]:
    """Every run of text on every page."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for number, page in enumerate(pdf.pages):
            yield from _of_stream(number, page, page.obj.get("/Resources"), pikepdf.Matrix())


def _of_stream(number: int, stream: Any, resources: Any, base: pikepdf.Matrix) -> Iterator[Run]:
    fonts = {name: _Font(font) for name, font in (resources.get("/Font", {})).items()}
    forms = resources.get("/XObject", {})
    matrix, saved = base, []
    font, size, place = None, 1.0, pikepdf.Matrix()
    for operands, operator in pikepdf.parse_content_stream(stream):
        match str(operator):
            case "q":
                saved.append(matrix)
            case "Q":
                matrix = saved.pop()
            case "cm":
                matrix = pikepdf.Matrix(*(float(one) for one in operands)) @ matrix
            case "Do" if forms[operands[0]].get("/Subtype") == "/Form":
                form = forms[operands[0]]
                inner = pikepdf.Matrix(form.Matrix) @ matrix if "/Matrix" in form else matrix
                yield from _of_stream(number, form, form.get("/Resources", resources), inner)
            case "Tf":
                font, size = fonts[str(operands[0])], float(operands[1])
            case "Tm":
                place = pikepdf.Matrix(*(float(one) for one in operands))
            case "TJ" | "Tj" if font is not None:
                parts = operands[0] if str(operator) == "TJ" else [operands[0]]
                text, width = font.read(parts)
                start = (place @ matrix).transform((0, 0))
                end = (place @ matrix).transform((width * size / 1000, 0))
                yield Run(number, text, float(start[0]), float(end[0]))


class _Font:
    """The two tables of a composite font that reading needs."""

    def __init__(self, font: Any) -> None:
        table = bytes(font.ToUnicode.read_bytes()).decode("latin-1") if "/ToUnicode" in font else ""
        self.characters: dict[int, str] = {}
        for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
            for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
                self.characters[int(code, 16)] = _utf16(text)
        for block in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
            for low, high, text in re.findall(
                r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block
            ):
                for step, code in enumerate(range(int(low, 16), int(high, 16) + 1)):
                    self.characters[code] = chr(ord(_utf16(text)) + step)
        self.widths: dict[int, float] = {}
        self.two_bytes = "/DescendantFonts" in font
        if self.two_bytes:
            self._read_widths(font.DescendantFonts[0].get("/W", []))

    def _read_widths(self, table: Any) -> None:
        items = list(table)
        while items:
            first, second = int(items.pop(0)), items.pop(0)
            if isinstance(second, pikepdf.Array):
                self.widths |= {first + step: float(one) for step, one in enumerate(second)}
            else:
                self.widths |= dict.fromkeys(range(first, int(second) + 1), float(items.pop(0)))

    def read(self, parts: Any) -> tuple[str, float]:
        """The text of a TJ array and its width in thousandths of the font size."""
        text, width = "", 0.0
        for part in parts:
            if not isinstance(part, pikepdf.String):
                width -= float(part)
                continue
            raw = bytes(part)
            step = 2 if self.two_bytes else 1
            for at in range(0, len(raw), step):
                code = int.from_bytes(raw[at : at + step], "big")
                text += self.characters.get(code, "")
                width += self.widths.get(code, 0.0)
        return text, width


def _utf16(text: str) -> str:
    return bytes.fromhex(text).decode("utf-16-be")
