"""Nothing is forgotten: every address, model and operation is in the table of the matrix."""

import re
from pathlib import Path

import yaml
from django.contrib.admin import site

from tests.isolation.table import ADMIN, API, OF_THE_PLATFORM, OTHERS, ROWS
from tests.routes import routes

OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def addresses() -> set[str]:
    """All; the admin's apps come in any order."""
    return {re.sub(r"(?<=app_label>)[\w|]+", "…", route) for route in routes()}


def known() -> set[str]:
    return {f"/api/v1/{path}" for path in API} | {f"/admin/{path}" for path in ADMIN} | OTHERS


def is_page_of_a_model(route: str) -> bool:
    """Asked by tests/isolation/test_admin.py, whatever it is called."""
    models = [model for model in site._registry if model in ROWS]
    ours = [f"{model._meta.app_label}/{model._meta.model_name}" for model in models]
    found = re.match(r"/admin/(\w+/\w+)/", route)
    return found is not None and found[1] in [*ours, *OF_THE_PLATFORM]


def test_every_address_is_in_the_table():
    missing = [
        route
        for route in sorted(addresses())
        if route not in known() and not is_page_of_a_model(route)
    ]
    assert missing == [], "add them to tests/isolation/table.py"
    assert known() - addresses() == set()


def test_every_operation_of_the_openapi_document_has_an_address_in_the_table():
    paths = yaml.safe_load(OPENAPI.read_text())["paths"]
    here = {path.replace("{id}", "<int:pk>").removeprefix("/api/v1/") for path in paths}

    assert here - API.keys() == set(), "add them to tests/isolation/table.py"
