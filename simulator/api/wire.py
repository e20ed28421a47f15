"""What Stripe says of requests it cannot even read: their address, version, form and size."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from simulator.errors import StripeError, bad_request, not_simulated
from simulator.state.world import API_VERSION

MAJOR = ".dahlia"
LONGEST_TEXT = 1 << 20
TRAILING_SLASH = (
    " If you are trying to list objects, remove the trailing slash. If you are trying to retrieve "
    "an object, make sure you passed a valid (non-empty) identifier in your code."
)
FORM = "application/x-www-form-urlencoded"
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")
# How the official SDK's services name method and path of each call.
_CALL = re.compile(r'"(get|post|delete)",\s*"(/v\d/[^"]*)"')


def require_version(version: str) -> None:
    """Within one major name versions differ by additions only; others have other shapes."""
    if not version or version.endswith(MAJOR):
        return
    if not _VERSION.fullmatch(version):
        raise bad_request(f"Invalid Stripe API version: {version}")
    raise not_simulated(f"API version {version}; it speaks {API_VERSION}")


def require_form(method: str, content_type: str, text: str) -> None:
    kind = kind_of(content_type)
    if method != "POST" or not text or kind in ("", FORM):
        return
    raise bad_request(
        f"Invalid request (check that your POST content type is {FORM}). If you have any "
        "questions, we can help at https://support.stripe.com/."
    )


def kind_of(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def require_not_huge(body: str | bytes, most: int = LONGEST_TEXT) -> None:
    if len(body) > most:
        raise StripeError(413, "Request entity too large.")


def unknown_url(method: str, path: str) -> StripeError:
    """501 for what Stripe has and we do not, 404 for what Stripe does not have either."""
    segments = _segments(path)
    oauth = segments[0] == "oauth"  # another host's at Stripe's, so not among these
    if oauth or any(_fits(segments, known) for known in _paths().get(method, ())):
        return not_simulated(f"{method} {path}")
    hint = TRAILING_SLASH if path.endswith("/") else ""
    return StripeError(
        404,
        f"Unrecognized request URL ({method}: {path}).{hint} Please see https://stripe.com/docs or "
        "we can help at https://support.stripe.com/.",
    )


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _fits(segments: list[str], known: list[str]) -> bool:
    return len(segments) == len(known) and all(
        bool(segment) if part.startswith("{") else segment == part
        for segment, part in zip(segments, known, strict=True)
    )


@cache
def _paths() -> dict[str, list[list[str]]]:
    """By method, every path that the official SDK calls."""
    found = find_spec("stripe")
    assert found is not None
    assert found.submodule_search_locations is not None
    paths: dict[str, list[list[str]]] = {}
    for source in Path(found.submodule_search_locations[0]).rglob("*_service.py"):
        for method, path in _CALL.findall(source.read_text("utf-8")):
            paths.setdefault(method.upper(), []).append(_segments(path))
    return paths
