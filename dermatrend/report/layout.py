"""What stands in each block of the PDF: the content's numbers as strings, in reading order.

No sentence is made here and nothing is judged: words come from the content, numbers are only formatted.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Final

from analysis.quality import CARD_CHECKS
from dermatrend.report import labels, phrases
from dermatrend.report.capture_rows import Content, capture_rows, card_rows, when_of
from dermatrend.report.left_out import families_of
from dermatrend.report.number_tables import SESSIONS_PER_TABLE, number_tables, unit_of
from dermatrend.report.progress_layers import MIXED_REFERENCES

COURSE_KEY: Final = (
    "Grey band: noise; a difference inside it is not a change. Bars: 95 % interval. Filled blue: measurable "
    "change; grey: within noise; hollow diamond on the axis: no number for that session. Triangles: "
    "treatments. Shaded: healing, day 0-14 after a treatment; the line joins the other sessions. From five "
    "of them on, the dashed line is their trend, between the ends of its interval."
)
APART_KEY: Final = " Hollow circles: relative to something else than the others, so not on their line."
REGION_KEY: Final = (
    "Grey: the noise band of that region; a difference inside it is not a change. Bars: 95 % interval. "
    "Filled blue: measurable change; grey: within noise; hollow diamond at the edge: no number there. "
    "With further sessions, a chart over time takes this place."
)


def blocks(content: Content) -> dict[str, Any]:
    """All blocks but the pictures and charts, as plain strings and lists for the template."""
    tables = number_tables(content)
    return {
        "lang": content["language"],
        "title": content["title"],
        "running_title": textwrap.shorten(content["title"], 70, placeholder=" …") or content["title"][:60],
        "person": content["subject"]["label"],
        "course": content["course"]["title"],
        "created_at": content["created_at"] or "",
        "facts": _facts(content),
        "summary": content["summary"],
        "wording": content["wording"],
        "sessions": _sessions(content),
        "grades": _grades(content),
        "numbers": [table for table in tables if table["rows"]],
        "numberless": [table["label"] for table in tables if not table["rows"]],
        "checks": _checks(content),
        "shots": next(filter(None, map(phrases.several_shots_sentence, content["comparisons"])), ""),
        "chart_title": "Course over time" if len(content["comparisons"]) > 1 else "Change by region",
        "chart_key": _chart_key(content),
        "left_out": _left_out(content),
        "warnings": _warnings(content),
        "capture": capture_rows(content),
        "cards": card_rows(content),
        "notes": [
            {"when": when_of(one), "text": one["note"]}
            for one in content["sessions"]
            if one["note"] and one["shown"]
        ],
        "remarks": [[one["short"], one["long"]] for one in content["flags"].values()],
        "metrics": [
            [one["label"], unit_of(one["unit"]), one["summary"], f"{one['needs_px_per_mm']:g}"]
            for one in content["labels"]["metrics"].values()
        ],
        "how_to_read": content["how_to_read"],
        "how_the_band_was_made": content["how_the_band_was_made"],
        "method": _method(content),
        "photos": [
            [when_of(session), photo["photo_id"]]
            for session in content["sessions"]
            if session["shown"]
            for photo in session["photos"]
        ],
    }


def _chart_key(content: Content) -> str:
    if len(content["comparisons"]) < 2:
        return REGION_KEY
    mixed = any(MIXED_REFERENCES in one["flags"] for one in content["trends"])
    return COURSE_KEY + (APART_KEY if mixed else "")


def _date(session: Content) -> str:
    # A file's own date changes when it is copied: whoever reads the date must see which one it is.
    return f"{session['taken_on']}{', date of the file' if session['taken_on_source'] == 'file' else ''}"


def _facts(content: Content) -> list[list[str]]:
    sessions = content["sessions"]
    shown = [one for one in sessions if one["shown"]]
    rows = [["Person", content["subject"]["label"]], ["Baseline", _date(sessions[0])]]
    if len(shown) > 1:
        last = shown[-1]
        rows.append(["Latest session", f"{_date(last)} (day {last['day']})"])
    if content["course"]["concerns"]:
        rows.append(["Followed for", ", ".join(content["course"]["concerns"])])
    if content["created_at"]:
        rows.append(["Report made", content["created_at"]])
    limited = [name for name in ("regions", "metrics") if content["selection"][name] is not None]
    if content["selection"]["sessions_not_shown"]:
        limited.insert(0, "sessions")
    if limited:
        rows.append(["Shows chosen", ", ".join(limited)])
    return rows


def _treatment(one: Content | None) -> str:
    if one is None:
        return ""
    parts = []
    if one.get("needle_depth_mm") is not None:
        parts.append(f"{one['needle_depth_mm']:g} mm")
    if one.get("passes"):
        parts.append(f"{one['passes']} pass{'es' if one['passes'] != 1 else ''}")
    parts += [one[name] for name in ("area", "device") if one.get(name)]
    if one.get("led") and one["led"] != "none":
        parts.append(f"{one['led']} light")
    return ", ".join(parts) or str(one["kind"])


def _sessions(content: Content) -> list[dict[str, Any]]:
    by_session = {item["session_id"]: item for item in content["comparisons"]}
    rows = []
    for one in content["sessions"]:
        item = by_session.get(one["id"])
        if not one["shown"]:
            grade, alignment = "not shown", "–"
        elif one["index"] == 0:
            grade, alignment = "baseline", "–"
        elif item is None:
            grade, alignment = "not compared", "–"
        else:
            grade = "not comparable" if item["grade"] == "not_comparable" else item["grade"]
            found = item["alignment"]
            alignment = labels.number(found["residual_mm"], "mm", decimals=2) if found else "–"
        since = one["days_since_treatment"]
        skin = labels.SKIN_STATES.get(one["skin_state"] or "", "")
        rows.append(
            {
                "taken_on": _date(one),
                "day": str(one["day"]),
                "since": "–" if since is None else f"{since} d",
                "phase": one["phase"],
                "photos": str(len(one["photos"])),
                "skin": "; ".join(filter(None, (skin, _treatment(one["treatment"])))) or "–",
                "alignment": alignment,
                "grade": grade,
            }
        )
    return rows


def _grades(content: Content) -> list[str]:
    used = {item["grade"] for item in content["comparisons"]}
    return [text for grade, text in content["labels"]["grades"].items() if grade in used]


def _left_out(content: Content) -> list[dict[str, str]]:
    rows = []
    for one in content["left_out"]:
        figures = _figures(one | {"name": one["check"]}) if one["check"] else ""
        when = one["taken_on"] or "" if one["day"] is None else f"day {one['day']}"
        rows.append(
            {
                "when": when,
                "what": one["what"],
                "reason": one["reason"],
                "figures": figures,
                "advice": one["advice"],
            }
        )
    return rows


def _figures(check: Content) -> str:
    """What a check found and what it asks for; on which side of the limit follows from the two."""
    value, limit = labels.gate_value(check), labels.gate_limit(check)
    if "–" in (value, limit):
        return ""
    if not limit:
        return f"Found: {value}."
    return f"Found {value}, expected at {'least' if check['value'] < check['limit'] else 'most'} {limit}."


def _warnings(content: Content) -> list[dict[str, str]]:
    return [
        {
            "when": f"day {item['day']}",
            "what": content["labels"]["gates"][gate["name"]],
            "reason": f"Widens the band of {families}.",
            "figures": _figures(gate),
            "advice": gate["advice"],
        }
        for item in content["comparisons"]
        for gate, families in families_of(_widening(item["gates"]))
    ]


def _widening(gates: Sequence[Content]) -> list[Content]:
    """The checks that widen bands: all with a warning, but for those of a colour card that is not used."""
    unused = any(one["state"] == "refuse" and one["name"] in CARD_CHECKS for one in gates)
    return [one for one in gates if one["state"] == "warn" and not (unused and one["name"] in CARD_CHECKS)]


def _checks(content: Content) -> list[dict[str, Any]]:
    """All quality checks of the comparisons: rows are checks, columns are sessions."""
    items = [item for item in content["comparisons"] if item["gates"]]
    tables = []
    for start in range(0, len(items), SESSIONS_PER_TABLE):
        columns = items[start : start + SESSIONS_PER_TABLE]
        names = dict.fromkeys((gate["name"], gate["family"]) for item in columns for gate in item["gates"])
        # Families with the same findings in every session share a row.
        rows: dict[tuple[str, ...], list[str]] = {}
        for name, family in names:
            cells = [_finding(item["gates"], name, family) for item in columns]
            rows.setdefault((content["labels"]["gates"][name], *cells), []).append(labels.FAMILIES[family])
        tables.append(
            {
                "columns": [f"Day {item['day']}" for item in columns],
                "rows": [
                    [name, labels.listed(families), *cells] for (name, *cells), families in rows.items()
                ],
            }
        )
    return tables


def _finding(gates: Sequence[Content], name: str, family: str) -> str:
    found = [one for one in gates if (one["name"], one["family"]) == (name, family)]
    if not found:
        return "–"
    worst = max(found, key=lambda one: list(labels.STATES).index(one["state"]))
    value, state = labels.gate_value(worst), labels.STATES[worst["state"]]
    return state if value == "–" else f"{value}, {state}"


def _method(content: Content) -> list[list[str]]:
    method, software = content["method"], content["software"]
    rows = [
        ["Software", f"{software['name']} {software['version']}"],
        ["Method", method["version"]],
        ["Report format", content["schema_version"]],
    ]
    rows += [[labels.plain(name), f"{value:g}"] for name, value in method["parameters"].items()]
    return [*rows, ["Parameters, sha256", method["parameters_sha256"]]]
