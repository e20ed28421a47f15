"""On top of a request that is carried out, no parameter that the SDK knows is too much."""

from typing import Any

import pytest

from .parameters import Parameter
from .requests import FOR_ACCOUNTS, NEEDS_MORE, REFUSED, UPLOADS, USED_UP, prepare, send, value
from .scene import Scene
from .test_parameters import NAMES, known

DEEP = 2


@pytest.fixture
def scene(simulator) -> Scene:
    return Scene(simulator)


def sample(name: str) -> list[Parameter]:
    """All parameters down to a depth, and of deeper ones the first in each hash."""
    found: dict[Any, Parameter] = {}
    for each in known(name):
        found.setdefault(each.name if len(each.way) <= DEEP else each.way[:-1], each)
    return list(found.values())


@pytest.mark.secrets  # a client_secret is a parameter of some
@pytest.mark.parametrize("name", sorted(set(NAMES) - UPLOADS))
def test_no_parameter_is_too_much_over_http(name, scene):
    """On top of a request that is carried out: never a 501, never unknown, never an accident."""
    prepared = prepare(scene, name)
    response = send(scene, name, prepared, {})
    assert response.status_code == 200 or name in REFUSED | FOR_ACCOUNTS, response.text
    for each in sample(name):
        if response.status_code == 200 and name in USED_UP:
            prepared = prepare(scene, name)
        request = each.request(value(scene, name, each), prepared[1])
        response = send(scene, name, prepared, request)
        error = response.json().get("error", {})
        honest = response.status_code == 501 and (name, each.way[0][1]) in NEEDS_MORE
        assert response.status_code < 500 or honest, f"{each.name}: {error}"
        assert error.get("code") != "parameter_unknown", error
