"""What has no number in a report, and why: sessions, checks, photos, metrics, and what was not chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from analysis.flags import FLAGS
from analysis.quality import CARD_CHECKS
from dermatrend.report import labels

CARD_NOT_USED: Final = "The colour card is not used."


def entries(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Everything left out, session by session, each with its reason and, for a check, its figures."""
    by_session = {item["session_id"]: item for item in content["comparisons"]}
    out = []
    for session in content["sessions"]:
        item = by_session.get(session["id"])
        if not session["shown"]:
            out.append(_entry("choice", session, "The whole session", "Not chosen for this report."))
        elif item is not None:
            out += _of_comparison(item, session)
        elif session["index"] > 0:
            reason = "It was not compared with the baseline."
            out.append(_entry("session", session, "The whole session", reason))
    return out


def families_of(gates: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], str]]:
    """Each check once, with the families it was made for: the same finding often decides two of them.

    >>> blur = {"name": "pose", "family": "colour", "value": 3.0, "limit": 5.0, "state": "ok"}
    >>> families_of([blur, blur | {"family": "texture"}])[0][1]
    'colour and texture'
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for gate in gates:
        groups.setdefault((gate["name"], gate["state"], gate["value"], gate["limit"]), []).append(gate)
    return [
        (found[0], labels.listed(list(dict.fromkeys(labels.FAMILIES[gate["family"]] for gate in found))))
        for found in groups.values()
    ]


def _entry(kind: str, session: Mapping[str, Any], what: str, reason: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "day": session["day"],
        "taken_on": session["taken_on"],
        "what": what,
        "check": None,
        "reason": reason,
        "value": None,
        "limit": None,
        "unit": "",
        "advice": "",
    }


def _of_comparison(item: Mapping[str, Any], session: Mapping[str, Any]) -> list[dict[str, Any]]:
    out = []
    if not item["comparable"]:
        reason = " ".join(item["reasons"]) or "Not comparable."
        out.append(_entry("session", session, "The whole session", reason))
    refused = [gate for gate in item["gates"] if gate["state"] == "refuse"]
    for gate, families in families_of(refused):
        figures = {name: gate[name] for name in ("value", "limit", "unit", "advice")}
        figures["check"] = gate["name"]
        # The numbers are as without the card, not gone with it.
        reason = CARD_NOT_USED if gate["name"] in CARD_CHECKS else f"Refuses {families}."
        out.append(_entry("check", session, labels.gate_label(gate["name"]), reason) | figures)
    out += [
        _entry("photo", session, f"Photo {one['photo_id'][:8]}", one["reason"]) for one in item["left_out"]
    ]
    if item["comparable"]:  # otherwise the session's own line has said it for all of them
        out += [_entry("metric", session, what, reason) for what, reason in _without_number(item)]
    return out


def _without_number(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(which metrics and regions, why) for everything in one comparison that has no number."""
    missing: dict[str, dict[str, list[str]]] = {}
    totals: dict[str, int] = {}
    for one in item["changes"]:
        totals[one["metric"]] = totals.get(one["metric"], 0) + 1
        if one["verdict"] in ("not_comparable", "not_measurable"):
            missing.setdefault(_why(one, _px_per_mm(item)), {}).setdefault(one["metric"], []).append(
                one["region"]
            )
    merged: dict[tuple[str, str], list[str]] = {}
    for reason, metrics in missing.items():
        for metric, places in metrics.items():
            everywhere = len(places) == totals[metric] and len(places) > 1
            where = "all regions" if everywhere else ", ".join(map(labels.in_sentence, places))
            merged.setdefault((where, reason), []).append(labels.metric_label(metric))
    return [(f"{', '.join(names)}: {where}", reason) for (where, reason), names in merged.items()]


def _px_per_mm(item: Mapping[str, Any]) -> float | None:
    """The coarser photo's scale, as the resolution check found it."""
    return next((gate["value"] for gate in item["gates"] if gate["name"] == "resolution"), None)


def _why(change: Mapping[str, Any], px_per_mm: float | None) -> str:
    verdict = labels.VERDICTS[change["verdict"]]
    # Remarks that hold for numbers too (such as the reference) explain nothing here.
    silent = {"rest_of_face", "single_shot", "recovery_phase", "texture_too_early", "gate_warning"}
    if "low_resolution" in change["flags"]:
        return f"{labels.plain(verdict)}: {labels.too_coarse(change['metric'], px_per_mm)}."
    told = [FLAGS[name].short for name in change["flags"] if name in FLAGS and name not in silent]
    return f"{labels.plain(verdict)}: {', '.join(told)}." if told else f"{labels.plain(verdict)}."
