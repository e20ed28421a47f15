"""Every answer of every operation, in every state, has the shape the official SDK declares."""

import pytest

from .every_recipe import RECIPES

NAMES = [recipe.__name__ for recipe in RECIPES]


@pytest.mark.parametrize("recipe", RECIPES, ids=NAMES)
def test_every_answer_event_and_object_has_the_shape_the_sdk_declares(recipe, walked):
    assert walked(recipe).problems == {}
