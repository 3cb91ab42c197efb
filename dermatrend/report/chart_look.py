"""What all charts share: colours and fonts of a theme, and what a Vega-Lite specification is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Theme = Literal["light", "dark", "print"]
Spec = dict[str, Any]
"""A piece of a Vega-Lite specification."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme. Fills and shapes differ too, so colour alone never carries meaning."""

    ink: str
    quiet: str
    line: str
    accent: str
    band: str
    healing: str
    font: str

    def config(self) -> Spec:
        """The look of axes, titles and fonts as Vega-Lite's config."""
        return {
            "font": self.font,
            "background": "transparent",
            "view": {"stroke": None},
            "axis": {
                "labelColor": self.quiet,
                "titleColor": self.quiet,
                "domainColor": self.line,
                "tickColor": self.line,
                "gridColor": self.line,
                "labelFontSize": 11,
                "titleFontSize": 11,
                "titleFontWeight": "normal",
            },
            "title": {"color": self.ink, "fontSize": 13, "fontWeight": 600, "anchor": "start", "offset": 14},
        }


SCREEN_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
PRINT_FONT: Final = "Libertinus Serif"
"""A font that typst carries, so that print needs nothing from the system."""

PALETTES: Final[dict[Theme, Palette]] = {
    "light": Palette("#22262b", "#626a73", "#d9d6cf", "#1f5f8b", "#e7ebee", "#efe6d2", SCREEN_FONT),
    "dark": Palette("#e9e7e2", "#a3a8ae", "#3b4046", "#7db8e0", "#2a3138", "#3a3426", SCREEN_FONT),
    "print": Palette("#1c2024", "#5b6269", "#cfd2d5", "#1f5f8b", "#e6eaed", "#f1e8d4", PRINT_FONT),
}


def layer(rows: Sequence[Mapping[str, Any]], mark: Mapping[str, Any], **encoding: Any) -> Spec:
    """One layer with its data inside it."""
    return {"data": {"values": list(rows)}, "mark": dict(mark), "encoding": encoding}


def tooltip(**titles: str) -> Any:
    """What is told of a mark that is pointed at: field -> what it is called there."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in titles.items()]


def point_mark(shape: str, colour: str, size: int, *, filled: bool = True) -> Spec:
    """A mark for one session or region; hollow where it stands for no number."""
    mark: Spec = {
        "type": "point",
        "shape": shape,
        "filled": filled,
        "color": colour,
        "size": size,
        "opacity": 1,
    }
    return mark if filled else mark | {"strokeWidth": 1.4}
