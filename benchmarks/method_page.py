"""docs/method.md, rendered from docs/method.template.md: no figure in it is typed.

    python -m benchmarks.method_page

Tokens of the template:

    {{value bands:SMOOTHING_MM}}        a constant of `analysis`, by module and name; keys and places by dots,
                                        a check's key as name/family: quality:LIMITS.blur/texture.refuse
    {{percent region_values:MIN_SHARE}} the same as a share
    {{size quality:LIMITS.alignment/all.refuse}}  the same without its sign
    {{result TEST | generator | tone | mode}}       a figure of the committed run of SkinDRO-1
    {{share TEST | generator | tone | mode}}        the same as a share
    {{block NAME}}                      a table or list of `benchmarks.method_tables`

Everything else in the template that holds a digit is code, a formula or a link: a test checks.
"""

from __future__ import annotations

import importlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from benchmarks import method_tables

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "skindro1.json"
DOCS = ROOT / "docs"
TEMPLATE, PAGE = "method.template.md", "method.md"

_TOKEN = re.compile(r"\{\{\s*(\w+)\s+(.+?)\s*\}\}")
# What may hold digits: tokens, fenced code, code, formulas, links with what they say.
_EXEMPT = (
    _TOKEN,
    re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL),
    re.compile(r"`[^`\n]+`"),
    re.compile(r"\$[^$\n]+\$"),
    re.compile(r"\[[^\]]*\]\([^)]*\)"),
)
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`|\$[^$\n]+\$", re.MULTILINE | re.DOTALL)


def render(template: str, document: Mapping[str, Any] | None, curves: Mapping[str, Any] | None = None) -> str:
    """The page.

    Args:
        template: with tokens.
        document: the committed run of SkinDRO-1; None where there is none, and the page says so.
        curves: what the limits of the checks cost and catch; likewise.

    Raises:
        ValueError: a token of no known kind, or that names nothing.

    >>> render("Relief is flattened at {{value bands:FLATTENING_SIGMA_MM}} mm.", None)
    'Relief is flattened at 8 mm.'
    """

    def filled(found: re.Match[str]) -> str:
        if found[1] == "block":
            return method_tables.block(found[2], document, curves)
        return _filled(found[1], found[2], document)

    return _TOKEN.sub(filled, template)


def _filled(kind: str, argument: str, document: Mapping[str, Any] | None) -> str:
    if kind in ("result", "share"):
        test, generator, tone, mode = (part.strip() for part in argument.split("|"))
        return method_tables.figure(document, test, generator, tone, mode, as_share=kind == "share")
    if kind not in ("value", "percent", "size"):
        raise ValueError(f"unknown kind of token: {kind!r}")
    number = constant(argument)
    if kind == "percent":
        return f"{100 * number:.3g} %"
    return f"{abs(number) if kind == 'size' else number:g}"


def constant(path: str) -> float:
    """A number of the `analysis` package, such as `constants:PRIOR_SD.redness.body`.

    Raises:
        ValueError: there is no such number.

    >>> constant("quality:LIMITS.blur/texture.refuse")
    0.2
    """
    module, _, rest = path.partition(":")
    value: Any = importlib.import_module(f"analysis.{module}")
    for step in rest.split("."):
        if isinstance(value, Mapping):
            value = value.get(tuple(step.split("/")) if "/" in step else step)
        elif step.isdigit():
            value = value[int(step)]
        else:
            value = getattr(value, step, None)
        if isinstance(value, type) and is_dataclass(value):  # a record's defaults
            value = value()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"no such number: {path!r}")
    return value


def literals(template: str) -> list[str]:
    """Lines with a typed figure: a digit outside tokens, code, formulas and links, or a typed percentage.

    >>> literals("Half of `H2` and {{value bands:SMOOTHING_MM}} mm, see [Sen 1968](https://doi.org/10.1/2).")
    []
    >>> literals("It finds 93 of them, `80 %` by day.")
    ['It finds 93 of them, `80 %` by day.']
    """
    prose = template
    for pattern in _EXEMPT:
        prose = pattern.sub(lambda found: "\n" * found[0].count("\n"), prose)
    typed = {number for number, line in enumerate(prose.split("\n")) if re.search(r"\d", line)}
    bare = _TOKEN.sub("", template)
    for found in _CODE.finditer(bare):
        if re.search(r"\d\s*\\?%", found[0]):
            typed.add(bare[: found.start()].count("\n"))
    lines = template.split("\n")
    return [lines[number] for number in sorted(typed)]


def committed(results: Path = RESULTS) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """The committed run and the committed curves of the limits; None for what is not there."""
    files = results, results.with_name("gates.json")
    run, curves = (json.loads(file.read_text("utf-8")) if file.is_file() else None for file in files)
    return run, curves


def write(docs: Path = DOCS, results: Path = RESULTS) -> None:
    """method.md from the template beside it; nothing where there is no template."""
    if (docs / TEMPLATE).is_file():
        page = render((docs / TEMPLATE).read_text("utf-8"), *committed(results))
        (docs / PAGE).write_text(page, "utf-8")


if __name__ == "__main__":
    write()
