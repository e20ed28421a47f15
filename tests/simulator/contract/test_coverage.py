"""No operation and no state is forgotten: each needs a recipe."""

import pytest

from . import shapes
from .every_recipe import RECIPES
from .requests import REFUSED
from .states import COMBINED, ELSEWHERE, UNLISTED
from .walking import OPERATIONS


@pytest.fixture
def seen(walked):
    return [walked(recipe) for recipe in RECIPES]


def test_every_operation_is_walked(seen):
    found = set().union(*(walk.operations for walk in seen))
    assert OPERATIONS.keys() - found == REFUSED, "no recipe gets a 200 from these"


@pytest.mark.parametrize("field", [*ELSEWHERE, *UNLISTED])
def test_every_state_is_walked(field, seen):
    """All values the SDK knows, but for those that need something we do not simulate."""
    found = {value for walk in seen for name, value in walk.said if name == field}
    assert found == UNLISTED[field] if field in UNLISTED else _known(field) - ELSEWHERE[field]


@pytest.mark.parametrize("fields", COMBINED)
def test_every_combination_is_walked(fields, seen):
    found = {value for walk in seen for name, value in walk.said if name == fields}
    assert COMBINED[fields] - found == set()


def _known(field: str) -> set[str]:
    name, _, last = field.rpartition(".")
    [cls] = [each for each in shapes.classes() if shapes.name_of(each) == name]
    return set(shapes.words(shapes.fields(cls)[last]))
