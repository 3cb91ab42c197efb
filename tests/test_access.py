"""The policy table, cell by cell, and that every workflow asks it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_args

import pytest

from dermatrend import workflows
from dermatrend.access import POLICY, Action, Denied, may, require
from dermatrend.records import LOCAL_ACTOR, Actor, Role

# Written out on purpose: a change of the policy has to be made twice, here as what is meant.
#            owner clinician assistant viewer person
TABLE = """
view         yes   yes       yes       yes    yes
compare      yes   yes       yes       yes    yes
edit         yes   yes       yes       no     no
add_photos   yes   yes       yes       no     no
report       yes   yes       no        no     yes
remove       yes   yes       no        no     no
erase        yes   no        no        no     no
"""
ROLES: tuple[Role, ...] = ("owner", "clinician", "assistant", "viewer", "person")
CELLS = [
    (line.split()[0], role, cell == "yes")
    for line in TABLE.strip().splitlines()
    for role, cell in zip(ROLES, line.split()[1:], strict=True)
]


@pytest.mark.parametrize(("action", "role", "allowed"), CELLS)
def test_every_cell_is_as_meant(action: Action, role: Role, allowed: bool) -> None:
    actor = Actor("a", role)
    assert may(actor, action) is allowed
    if allowed:
        require(actor, action)
    else:
        with pytest.raises(Denied) as caught:
            require(actor, action)
        assert caught.value.got == role
        assert caught.value.advice


def test_the_table_is_complete() -> None:
    assert set(ROLES) == set(get_args(Role))
    assert {action for action, _, _ in CELLS} == set(POLICY) == set(get_args(Action))


def test_what_is_not_in_the_table_may_not_be_done() -> None:
    assert not may(LOCAL_ACTOR, "sell")  # type: ignore[arg-type]  # an action that does not exist
    with pytest.raises(Denied):
        require(LOCAL_ACTOR, "sell")  # type: ignore[arg-type]  # the same


WORKFLOWS: dict[str, Callable[..., Any]] = {
    name: function for name in workflows.__all__ if inspect.isfunction(function := getattr(workflows, name))
}
STRANGER = Actor("s", "nobody")  # type: ignore[arg-type]  # a role that may do nothing


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_workflow_asks_before_it_touches_anything(name: str) -> None:
    function = WORKFLOWS[name]
    required = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    positional = ["x" for parameter in required[2:] if parameter.kind is not parameter.KEYWORD_ONLY]
    named = {parameter.name: "x" for parameter in required if parameter.kind is parameter.KEYWORD_ONLY}
    # There is no workspace: whatever looks at it before asking fails with another error.
    with pytest.raises(Denied):
        function(None, STRANGER, *positional, **named)
