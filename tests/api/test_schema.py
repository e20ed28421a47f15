"""The OpenAPI document. It …"""

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.urls import reverse

OF_THE_TABLET = {"/api/v1/pair/", "/api/v1/token/", "/api/v1/cashier/"}  # secrets: never replayed
COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """Made as by hand, where every doubt is an error."""
    file = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    return file.read_text()


def test_is_committed_as_it_is(schema):
    """Make it anew: `python manage.py spectacular --file docs/openapi.yaml`."""
    assert COMMITTED.read_text() == schema


def test_tells_of_keys_and_problems(schema):
    document = yaml.safe_load(schema)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = [parameter["name"] for parameter in operation.get("parameters", [])]
            once = method == "post" and path not in OF_THE_TABLET
            assert ("Idempotency-Key" in names) == once, path
            assert "default" in operation["responses"], path
    assert {"Payment", "Reader", "Problem"} <= document["components"]["schemas"].keys()
    assert "/api/v1/live/" in document["paths"]


def test_shows_no_fee_to_tablets(schema):
    assert "application_fee" not in schema


def test_is_served(client, db):
    response = client.get(reverse("schema"))

    assert response.status_code == 200
    assert b"openapi: 3" in response.content


def test_is_shown_without_a_foreign_host(client, db):
    page = client.get(reverse("docs")).content.decode()

    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert "https://" not in page
