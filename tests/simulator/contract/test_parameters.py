"""Every parameter the SDK knows is accepted, and any other refused, with Stripe's error."""

import functools
from typing import Any

import pytest
import stripe.params

from simulator.errors import StripeError

from . import parameters
from .parameters import Parameter
from .services import endpoints
from .walking import OPERATIONS

# On hosts other than the API's, where the SDK's services have no parameter types.
ELSEWHERE = {"files.contents", "oauth.deauthorize", "oauth.token"}
NAMES = sorted(OPERATIONS.keys() - ELSEWHERE)
# In a list of several hashes any may be the one that complains.
SEVERAL = {"external_account"}


def endpoint_of(name: str) -> Any:
    operation = OPERATIONS[name]
    return endpoints()[operation.method, operation.path]


def known(name: str) -> list[Parameter]:
    endpoint = endpoint_of(name)
    return list(parameters.walk(endpoint.parameters)) if endpoint.params else []


def refusal(name: str, tree: parameters.Tree) -> Any:
    with pytest.raises(StripeError) as refused:
        OPERATIONS[name].parse(tree)
    assert refused.value.status == 400
    return refused.value.error


def points_at(error: Any, parameter: Parameter) -> bool:
    head = parameter.way[0][1]
    if head in SEVERAL:
        return str(error["param"]).startswith(head)
    return str(error["param"]).startswith(parameter.name)


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_an_endpoint_of_the_sdk_with_its_parameters(name):
    endpoint = endpoint_of(name)
    if endpoint.params:
        mine = functools.reduce(getattr, OPERATIONS[name].params.split("."), stripe.params)
        assert set(parameters.fields(mine)) == set(parameters.fields(endpoint.parameters))


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_accepted(name):
    for each in known(name):
        parsed = OPERATIONS[name].parse(each.request(each.example))
        assert each.way[0][1] in parsed, each.name


@pytest.mark.parametrize("name", NAMES)
def test_unknown_parameters_are_refused_at_every_level(name):
    base = parameters.least(endpoint_of(name).parameters) if endpoint_of(name).params else {}
    error = refusal(name, {**base, "surprise": "1"})
    assert (error["code"], error["param"]) == ("parameter_unknown", "surprise")
    for each in known(name):
        for cls in parameters.hashes(each.hint):
            error = refusal(name, each.request({**parameters.least(cls), "surprise": "1"}))
            assert error["code"] == "parameter_unknown"
            assert error["param"] == f"{each.name}[surprise]"


@pytest.mark.parametrize("name", NAMES)
def test_values_of_another_type_are_refused(name):
    for each in known(name):
        for value, code in parameters.wrong(each):
            error = refusal(name, each.request(value))
            assert code in (None, error.get("code")), each.name
            assert points_at(error, each), f"{each.name}: {error}"


@pytest.mark.parametrize("name", NAMES)
def test_required_parameters_are_missed(name):
    for each in known(name):
        if each.required and len(each.way) == 1:
            tree = each.request("")
            del tree[each.name]
            error = refusal(name, tree)
            assert (error["code"], error["param"]) == ("parameter_missing", each.name)
