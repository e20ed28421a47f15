"""Pictures go in and come out byte by byte: https://docs.stripe.com/api/files"""

import io
from typing import Any

import pytest
import stripe

from .conftest import SHOP, on

# All bytes there are, and what could be taken for the end of a part or a line.
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40 + b"\r\n--\r\n\n\r\r"
SPLASH = "terminal_reader_splashscreen"


@pytest.fixture
def files(simulator):
    addresses: Any = {"api": simulator.url, "files": simulator.url}
    client = stripe.StripeClient(
        "sk_test_x", base_addresses=addresses, http_client=simulator.session
    )
    return client.v1.files


def upload(files, content=PICTURE, purpose=SPLASH, name="splash.png", account=""):
    file = io.BytesIO(content)
    file.name = name
    return files.create({"file": file, "purpose": purpose}, on(account))


def test_a_picture_comes_back_as_it_was_sent(simulator, files):
    file = upload(files)
    assert (file.type, file.size, file.filename) == ("png", len(PICTURE), "splash.png")
    assert file.purpose == SPLASH
    response = simulator.raw("GET", f"/v1/files/{file.id}/contents")
    assert response.headers["content-type"] == "image/png"
    assert response.content == PICTURE


def test_files_are_listed_by_purpose(files):
    splash = upload(files)
    logo = upload(files, purpose="business_logo")
    assert [each.id for each in files.list({"purpose": SPLASH}).data] == [splash.id]
    assert [each.id for each in files.list().data] == [logo.id, splash.id]
    assert files.retrieve(logo.id).purpose == "business_logo"


def test_a_file_belongs_to_its_account(simulator, files):
    simulator.account()
    file = upload(files, account=SHOP)
    assert simulator.raw("GET", f"/v1/files/{file.id}/contents").status_code == 404
    path = f"/v1/files/{file.id}/contents"
    assert simulator.raw("GET", path, Stripe_Account=SHOP).content == PICTURE


def test_the_bytes_need_a_key(simulator, files):
    path = f"/v1/files/{upload(files).id}/contents"
    assert simulator.http.get(path).status_code == 401


@pytest.mark.parametrize(
    ("content", "name"), [(b"", "splash.png"), (b"hello", "hello.txt"), (b"%PDF-1.4", "x.pdf")]
)
def test_a_screen_shows_no_such_file(files, content, name):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        upload(files, content, name=name)
    assert refused.value.param == "file"


def test_a_form_without_a_file_is_refused(simulator):
    response = simulator.raw("POST", "/v1/files", f"purpose={SPLASH}&file=splash.png")
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "file"


def test_nothing_else_takes_a_multipart_body(simulator):
    response = simulator.http.post(
        "/v1/payment_intents",
        files={"file": b"x"},
        headers={"Authorization": "Bearer sk_test_x"},
    )
    assert response.status_code == 501


def test_a_file_survives_the_same_key(simulator, files):
    first, second = (
        files.create({"file": io.BytesIO(PICTURE), "purpose": SPLASH}, {"idempotency_key": "one"})
        for _ in range(2)
    )
    assert first.id == second.id
