"""The small pieces that pages are made of, beside Streamlit's own. Their look is in `app.css`."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis.errors import AnalysisError


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
    """A real table, read out as one; on a phone every row becomes a block of named lines.

    Args:
        header: names of the columns.
        rows: cells as plain text, already worded and formatted; `with_remark` makes one of two lines.
        caption: said to screen readers.
        numeric: columns whose cells must not break.
        quiet_rows: rows that carry no number.
    """
    numeric, quiet_rows = numeric or set(), quiet_rows or set()
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = ""
    for at, row in enumerate(rows):
        cells = "".join(
            f'<td class="{"num" if column in numeric else ""}" data-name="{escape(name)}">{_cell(cell)}</td>'
            for column, (name, cell) in enumerate(zip(header, row, strict=True))
        )
        body += f'<tr class="{"quiet" if at in quiet_rows else ""}">{cells}</tr>'
    st.html(
        f'<div class="dt-scroll" role="region" aria-label="{escape(caption)}">'
        f'<table class="dt-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def with_remark(text: str, remark: str) -> str:
    """A cell of `table` with a remark below its text, in smaller type; the text alone without one."""
    return f"{text}\n{remark}" if remark else text


def _cell(text: str) -> str:
    first, _, remark = text.partition("\n")
    return f"<div>{escape(first)} <small>{escape(remark)}</small></div>" if remark else escape(text)


def unbroken(text: str) -> str:
    """A number with its band and unit, kept on one line."""
    return text.replace(" ", "\u00a0")


def plain_markdown(text: str) -> str:
    r"""Text of a person inside Markdown: every sign that Markdown or Streamlit reads is taken literally.

    >>> plain_markdown("*Ann* <b> $x$ :red[y]")
    '\\*Ann\\* \\<b\\> \\$x\\$ \\:red\\[y\\]'
    """
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+-.!|~$:^" else char for char in text)
