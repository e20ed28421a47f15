"""The checker itself: it sees what is wrong with an object, and nothing in what is right."""

import copy
from typing import Any

import pytest

from ..conftest import PLATFORM
from . import shapes


@pytest.fixture(scope="module")
def objects(running) -> dict[str, Any]:
    """A declined payment's charge and reader, as good as they come."""
    running.tell("reset")
    running.pay(1000, "insufficient_funds")
    kinds = running.look("truth")["accounts"][PLATFORM]
    return {kind: kinds[kind][-1] for kind in ("charges", "readers", "payment_intents")}


def spoil(value: Any, path: str, new: Any) -> None:
    *way, last = path.split(".")
    for part in way:
        value = value[part]
    if new is ...:
        del value[last]
    else:
        value[last] = new


def test_finds_nothing_in_good_objects(objects):
    for each in objects.values():
        assert shapes.problems(shapes.findings(each)) == []


@pytest.mark.parametrize(
    ("kind", "path", "new", "problem"),
    [
        ("charges", "surprise", 1, "charge.surprise: Charge has no such field"),
        ("charges", "outcome.surprise", 1, "Charge.Outcome has no such field"),
        ("charges", "outcome.reason", ..., "missing in Charge.Outcome"),
        ("charges", "amount", 10.0, "is a float, not int"),
        ("charges", "amount", True, "is a bool, not int"),
        ("charges", "paid", 0, "is a int, not bool"),
        ("charges", "created", None, "must not be null"),
        ("charges", "status", "done", "'done' is not one of failed, pending, succeeded"),
        ("charges", "payment_intent", 7, "is a int"),
        ("charges", "payment_intent", {"object": "refund"}, "is a refund"),
        ("charges", "payment_method_details.type", "card", "payment_method_details.card: no hash"),
        ("charges", "payment_method_details", [], "is an array"),
        ("charges", "metadata", {"a": 1}, "charge.metadata.a: 1 is a int"),
        ("charges", "refunds", {"object": "list", "data": []}, "is no list"),
        ("payment_intents", "payment_method_types", "card", "is a str"),
        ("payment_intents", "payment_method_types", [1], "payment_method_types[0]: 1 is a int"),
        ("payment_intents", "last_payment_error.payment_method.type", ..., "missing in Payment"),
        ("readers", "action.status", "canceled", "is not one of"),
        ("readers", "action.process_payment_intent", ..., "no hash, of type process_payment"),
        ("readers", "action.collect_inputs", {}, "is hash, of type process_payment_intent"),
        ("readers", "deleted", True, "only its name is left"),
    ],
)
def test_sees_what_is_wrong(objects, kind, path, new, problem):
    spoiled = copy.deepcopy(objects[kind])
    spoil(spoiled, path, new)
    found = shapes.problems(shapes.findings(spoiled))
    assert any(problem in each for each in found), found


def test_knows_what_can_be_expanded(objects):
    paths = set(shapes.expandable(shapes.class_of(objects["readers"])))
    assert {"location", "action.process_payment_intent.payment_intent"} <= paths
    assert "action.api_error.payment_intent" not in paths  # always a whole object
