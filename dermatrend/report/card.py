"""The colour card to print: a PDF in exact millimetres, from the layout that the reader knows."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any, Final

import cv2
import typst

from analysis.card_layouts import (
    CARD_MM,
    FIRST_PATCH_MM,
    MARKER_IDS,
    MARKER_MM,
    MARKERS_MM,
    PATCH_MM,
    PITCH_MM,
    printed,
    printed_colours,
)

VERSION: Final = "version 1"
"""Printed on the card: another layout or other colours are another version."""

_CELLS = 6
"""Of a marker along one side: four of code and a black border."""
_OVERLAP_MM = 0.02
"""Neighbouring black cells of a marker reach into each other, or a viewer shows seams between them."""


def card_pdf() -> bytes:
    """The card as a PDF of one page A4; the same bytes every time.

    >>> card_pdf()[:5]
    b'%PDF-'
    """
    data = {
        "width": CARD_MM[0],
        "height": CARD_MM[1],
        "squares": [*_patches(), *_markers()],
        "text": {"x": FIRST_PATCH_MM[0], "y": 6.5},
        "version": VERSION,
    }
    with tempfile.TemporaryDirectory(prefix="dermatrend-card-") as folder:
        root = Path(folder)
        (root / "main.typ").write_bytes(
            resources.files("dermatrend.report").joinpath("card.typ").read_bytes()
        )
        (root / "data.json").write_text(json.dumps(data), encoding="utf-8")
        pdf: bytes = typst.compile(
            root / "main.typ",
            root=root,
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            timestamp=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        )
    return pdf


def _patches() -> list[dict[str, Any]]:
    columns = printed().columns
    return [
        {
            "x": FIRST_PATCH_MM[0] + PITCH_MM * (number % columns),
            "y": FIRST_PATCH_MM[1] + PITCH_MM * (number // columns),
            "side": PATCH_MM,
            "fill": f"#{code}",
        }
        for number, (_, code) in enumerate(printed_colours())
    ]


def _markers() -> list[dict[str, Any]]:
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    cell = MARKER_MM / _CELLS
    out = []
    for number, (left, top) in zip(MARKER_IDS, MARKERS_MM, strict=True):
        picture = cv2.aruco.generateImageMarker(dictionary, number, _CELLS)
        for row in range(_CELLS):
            for column in range(_CELLS):
                if picture[row, column] == 0:
                    x, y = left + column * cell, top + row * cell
                    out.append({"x": x, "y": y, "side": cell + _OVERLAP_MM, "fill": "#000000"})
    return out
