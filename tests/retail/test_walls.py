"""What every answer tells a browser. It …"""

import os
import re
import subprocess
import sys
from http import HTTPStatus

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client, RequestFactory

from retail.walls import HEADERS, POLICY
from tests import factories
from tests.hooks.conftest import through_wsgi
from tests.routes import routes
from tests.services import ROOT

UUID = "6f4f7b1e-6d2b-4b8e-9d57-0c8f3f4f3a55"
PRODUCTION = {
    "ENV_FILE": os.devnull,
    "SECRET_KEY": "production-" + "kJ8s#2Lq" * 8,
    "ALLOWED_HOSTS": "shop.example",
    "BEHIND_TLS_PROXY": "true",
    "STRIPE_LIVE_MODE": "true",
    "STRIPE_API_BASE": "https://api.stripe.com",
}


def address(route: str) -> str:
    """A URL of this route, with ids that nothing has."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: UUID if found[1] == "endpoint" else "7", route)
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "x", path)
    path = re.sub(r"\(\?:(\w+)[^)]*\)", r"\1", path)
    return path.replace("^", "").replace("$", "").replace("\\Z", "")


ADDRESSES = sorted({address(route) for route in routes()})


def walls_of(answer) -> dict[str, str]:
    return {name: answer.headers.get(name) for name in HEADERS}


def is_walled(answer) -> bool:
    kept = answer.headers.get("Cache-Control", "")
    return walls_of(answer) == HEADERS and "no-store" in kept


@pytest.fixture
def quiet(settings):
    settings.WHITENOISE_USE_FINDERS = False


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_stands_before_every_route(db, quiet, method, signed_in):
    client = Client(raise_request_exception=False)
    if signed_in:
        client.force_login(factories.UserFactory.create(is_superuser=True))

    answers = {path: client.generic(method, path) for path in ADDRESSES}
    for answer in answers.values():
        answer.close()  # an export is a file that nobody reads here

    assert len(ADDRESSES) > 100
    assert [path for path, answer in answers.items() if not is_walled(answer)] == []


def test_stands_before_errors(db, quiet, settings, monkeypatch):
    client = Client(raise_request_exception=False)

    def fail(*args):
        raise RuntimeError("a bug")

    monkeypatch.setattr("retail.health._alarms", fail)
    answers = [
        client.get("/nowhere/"),
        client.get("/healthz", HTTP_HOST="forged.example"),
        client.get("/readyz"),
        Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 400, 500, 403]
    assert all(map(is_walled, answers))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_stands_before_the_short_cut_for_webhooks(db, method):
    environ = RequestFactory().generic(method, f"/hooks/reader/{UUID}/", "{}").environ

    answer = through_wsgi(environ)

    assert answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    assert is_walled(answer)


@pytest.mark.parametrize("method", ["get", "post"])
def test_stands_before_the_live_stream_under_asgi(db, method):
    answer = async_to_sync(getattr(AsyncClient(), method))("/api/v1/live/")

    assert answer.status_code == (401 if method == "get" else 405)
    assert is_walled(answer)


def test_lets_files_be_kept_and_nothing_else(client, db):
    answer = client.get("/static/retail/live.js")
    answer.close()

    assert answer.status_code == 200
    assert "no-store" not in answer.headers["Cache-Control"]
    assert walls_of(answer) == HEADERS
    assert "no-store" in client.get("/static/none.js").headers["Cache-Control"]


def test_tells_a_browser_this_and_no_less(db):
    """By itself: on this way in no middleware of Django's adds to it."""
    answer = through_wsgi(RequestFactory().get(f"/hooks/reader/{UUID}/").environ)

    told = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert told == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    for unused in ("camera", "microphone", "geolocation", "payment", "serial", "usb"):
        assert f"{unused}=()" in answer["Permissions-Policy"]


def test_runs_no_script_that_stands_in_a_page():
    for name in ("script-src", "style-src", "default-src"):
        assert "unsafe" not in POLICY[name]
        assert ":" not in POLICY[name]  # no host, no scheme


NOT_IN_PRODUCTION = ("SECOND_FACTOR_REQUIRED", "DJANGO_ALLOW_ASYNC_UNSAFE")  # tests set them


def in_production(code: str, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, *code.split(" ", 1 if code.startswith("-c") else -1)],
        env={k: v for k, v in os.environ.items() if k not in NOT_IN_PRODUCTION} | PRODUCTION | more,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_leaves_django_nothing_to_complain_of_in_production():
    told = in_production("manage.py check --deploy --fail-level WARNING")

    assert "no issues" in told


def test_sends_cookies_over_tls_only_and_shows_them_to_no_script():
    told = in_production(
        "-c import django; django.setup(); from django.conf import settings as s;"
        "from django.core.handlers.wsgi import WSGIHandler;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,"
        " s.CSRF_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SAMESITE,"
        " s.SECURE_HSTS_SECONDS > 0, s.SECURE_SSL_REDIRECT, s.DEBUG)",
        DJANGO_SETTINGS_MODULE="retail.settings",
    )

    assert told.split() == ["True"] * 4 + ["Lax"] * 2 + ["True", "True", "False"]
