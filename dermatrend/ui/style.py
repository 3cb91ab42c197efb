"""The few rules of style that Streamlit's theme cannot express, and the small pieces built on them."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis.errors import AnalysisError

CSS = """
[data-testid="stMainBlockContainer"] { max-width: 72rem; padding-top: 4.5rem; padding-bottom: 4rem; }
[data-testid="stAppDeployButton"], [data-testid="stMainMenu"], [data-testid="stStatusWidget"],
[data-testid="stDecoration"] { display: none; }
[data-testid="stHeading"] a { display: none; }
body, .stMarkdown, table { font-variant-numeric: tabular-nums; }
.stMarkdown p, .stMarkdown li { max-width: 44rem; line-height: 1.55; }
:focus-visible { outline: 3px solid var(--st-primary-color, #1f5f8b); outline-offset: 2px; }
.dt-lead { font-size: 1.125rem; max-width: 44rem; line-height: 1.5; }
.dt-quiet { opacity: .78; font-size: .875rem; max-width: 44rem; }
.dt-scroll { overflow-x: auto; margin: .25rem 0 1rem; }
.dt-table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
.dt-table th, .dt-table td {
  text-align: left; vertical-align: top; padding: .5rem .9rem .5rem 0; border: 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent);
}
.dt-table th { font-weight: 600; font-size: .8125rem; opacity: .8; white-space: nowrap; }
.dt-table td.num { white-space: nowrap; font-variant-numeric: tabular-nums; }
.dt-table td.strong { font-weight: 600; }
.dt-table tr.quiet td { opacity: .72; }
.dt-note {
  border-left: 4px solid color-mix(in srgb, currentColor 28%, transparent); padding: .55rem .9rem;
  margin: .25rem 0 .75rem; max-width: 52rem; line-height: 1.5; overflow-wrap: anywhere;
}
.dt-note.attention { border-left-color: #c98a1b; background: color-mix(in srgb, #c98a1b 9%, transparent); }
.dt-note b { display: block; }
.dt-note dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .3rem 0 0; font-size: .9375rem; }
.dt-note dt { opacity: .75; } .dt-note dd { margin: 0; }
.dt-figures { display: flex; flex-wrap: wrap; gap: .4rem 2.2rem; margin: 0 0 1rem; }
.dt-figures div span { display: block; font-size: .8125rem; opacity: .75; }
.dt-figures div { font-weight: 600; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding-left: 1rem; padding-right: 1rem; }
  .dt-table { font-size: .875rem; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: .01ms !important; transition-duration: .01ms !important; }
}
"""


def apply() -> None:
    """Put the rules into the page."""
    st.html(f"<style>{CSS}</style>")


def lead(text: str) -> None:
    """The one sentence under a page's title."""
    st.html(f'<p class="dt-lead">{escape(text)}</p>')


def quiet(text: str) -> None:
    """A remark in smaller type."""
    st.html(f'<p class="dt-quiet">{escape(text)}</p>')


def note(title: str, *lines: tuple[str, str], attention: bool = False) -> None:
    """A remark beside what it concerns: a title and named lines. Amber where it asks for attention."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in lines if text)
    body = f"<dl>{rows}</dl>" if rows else ""
    kind = "dt-note attention" if attention else "dt-note"
    st.html(f'<div class="{kind}" role="note"><b>{escape(title)}</b>{body}</div>')


def refusal(error: AnalysisError, title: str = "") -> None:
    """An error's four parts: what, expected, got, what to do."""
    note(
        f"{title}: {error.what}" if title else error.what,
        ("Expected", error.expected),
        ("Got", error.got),
        ("What to do", error.advice),
        attention=True,
    )


def figures(*pairs: tuple[str, str]) -> None:
    """Named short facts in a row."""
    cells = "".join(f"<div><span>{escape(name)}</span>{escape(text)}</div>" for name, text in pairs if text)
    st.html(f'<div class="dt-figures">{cells}</div>')


def table(
    header: list[str],
    rows: list[list[str]],
    *,
    caption: str,
    numeric: set[int] | None = None,
    quiet_rows: set[int] | None = None,
) -> None:
    """A real table: read out by screen readers, scrolled inside itself on a phone.

    Args:
        header: names of the columns.
        rows: cells as plain text, already worded and formatted.
        caption: said to screen readers.
        numeric: columns whose cells must not break.
        quiet_rows: rows that carry no number.
    """
    numeric, quiet_rows = numeric or set(), quiet_rows or set()
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = ""
    for at, row in enumerate(rows):
        cells = "".join(
            f'<td class="num">{escape(cell)}</td>' if column in numeric else f"<td>{escape(cell)}</td>"
            for column, cell in enumerate(row)
        )
        body += f'<tr class="quiet">{cells}</tr>' if at in quiet_rows else f"<tr>{cells}</tr>"
    st.html(
        f'<div class="dt-scroll" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}">'
        f'<table class="dt-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def plain_markdown(text: str) -> str:
    r"""Text of a person inside Markdown: every sign that Markdown or Streamlit reads is taken literally.

    >>> plain_markdown("*Ann* <b> $x$ :red[y]")
    '\\*Ann\\* \\<b\\> \\$x\\$ \\:red\\[y\\]'
    """
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+-.!|~$:^" else char for char in text)
