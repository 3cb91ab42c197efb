"""Who may do what: one policy table, asked by every workflow before anything else.

The table decides what kind of thing a role may do. Whose records it reaches is decided in the SQL of
`dermatrend.storage.repository`, which scopes every query by the actor's clinic and, for the role "person",
by the person. Something out of scope is "not found", so that an id cannot be probed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from analysis.errors import AnalysisError
from dermatrend.records import Actor, Role

Action = Literal["view", "edit", "add_photos", "compare", "report", "remove", "erase"]

_STAFF: frozenset[Role] = frozenset({"owner", "clinician", "assistant"})
_ALL: frozenset[Role] = frozenset(get_args(Role))

POLICY: Mapping[Action, frozenset[Role]] = MappingProxyType(
    {
        "view": _ALL,  # people, courses, sessions, photos
        "compare": _ALL,  # measuring is how a comparison is looked at: it changes no record
        "edit": _STAFF,  # labels, titles, plans, dates, treatment facts
        "add_photos": _STAFF,
        "report": frozenset({"owner", "clinician", "person"}),  # leaves the house: nobody's by default
        "remove": frozenset({"owner", "clinician"}),  # a session entered by mistake
        "erase": frozenset({"owner"}),  # cannot be undone
    }
)
"""action -> the roles that may do it. What is not here may not be done."""


class Denied(AnalysisError):
    """The role may not do this."""

    code = "denied"


def may(actor: Actor, action: Action) -> bool:
    """Whether the actor's role allows the action at all.

    >>> from dermatrend.records import LOCAL_ACTOR
    >>> may(LOCAL_ACTOR, "erase"), may(Actor("a", "viewer"), "erase")
    (True, False)
    """
    return actor.role in POLICY.get(action, frozenset())


def require(actor: Actor, action: Action) -> None:
    """Pass, or refuse.

    Raises:
        Denied: where the role does not allow the action.
    """
    if not may(actor, action):
        allowed = ", ".join(sorted(POLICY.get(action, frozenset())))
        raise Denied(
            "This is not allowed for your role",
            expected=f"one of: {allowed}" if allowed else "an action that exists",
            got=actor.role,
            advice="Ask the owner of this installation",
        )
