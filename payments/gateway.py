"""The one door to Stripe: every POST is a StripeRequest row, every answer has one meaning.

Who may come through: workers and commands. Web processes hold no secret key.
"""

from __future__ import annotations

import enum
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import stripe
from django.conf import settings
from django.db import connection
from requests.adapters import HTTPAdapter
from stripe._base_address import BaseAddresses
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from payments.errors import StripeCallInTransaction
from payments.models import StripeRequest

logger = logging.getLogger(__name__)
JSON = dict[str, Any]


class Meaning(enum.Enum):
    """What an answer of Stripe tells us about the effect of a POST (docs/architecture.md)."""

    SUCCEEDED = "succeeded"
    NOT_SENT = "not_sent"  # nothing left this machine
    UNKNOWN = "unknown"  # sent, and no answer
    NOT_EXECUTED = "not_executed"  # same key, later
    MAYBE_EXECUTED = "maybe_executed"  # 5xx: same key once, then look it up
    REFUSED = "refused"  # a definite no
    KEY_MISUSED = "key_misused"  # idempotency_error: our bug
    ACCOUNT_REFUSED = "account_refused"  # 401, 403


@dataclass(frozen=True)
class Answer:
    """One answer of Stripe, or the want of one. `object` is empty unless it SUCCEEDED."""

    meaning: Meaning
    object: JSON = field(default_factory=dict)
    http_status: int | None = None
    code: str = ""
    type: str = ""
    message: str = ""
    request_id: str = ""
    replayed: bool = False
    retry_after: float | None = None
    milliseconds: int = 0

    @property
    def succeeded(self) -> bool:
        return self.meaning is Meaning.SUCCEEDED


@dataclass(frozen=True)
class Exchange:
    """One call as those hear of it who watch how Stripe is. `http_status` None: no answer.

    `date` is the answer's own header, `at` when it came, by our clock.
    """

    method: str
    path: str
    stripe_account: str
    http_status: int | None
    code: str
    seconds: float
    date: str
    at: float


# Called after every call, outside of any transaction; must be quick.
listeners: list[Callable[[Exchange], None]] = []


class NoAnswer(Exception):
    """A read failed for now; asking again later will tell."""


class NotFound(Exception):
    """Stripe knows no such object in this account."""


class AccountRefused(Exception):
    """Our key may not act for this account (401, 403)."""

    def __init__(self, message: str = "", code: str = "") -> None:
        super().__init__(message)
        self.code = code

    @property
    def no_such_account(self) -> bool:
        """It is unknown, or has left us; not that the key itself is refused, or may not read."""
        return self.code == "account_invalid"


_lock = threading.Lock()
_client: stripe.StripeClient | None = None


def client() -> stripe.StripeClient:
    """The process's one client, made after the fork, with one shared pool of kept connections."""
    global _client
    with _lock:
        if _client is None:
            session = requests.Session()
            session.trust_env = settings.STRIPE_TRUST_ENV
            adapter = HTTPAdapter(pool_connections=4, pool_maxsize=32)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            _client = stripe.StripeClient(
                settings.STRIPE_WORKER_KEY,
                stripe_version=settings.STRIPE_API_VERSION,
                base_addresses=_addresses(settings.STRIPE_API_BASE),
                max_network_retries=0,
                http_client=stripe.RequestsClient(
                    session=session,
                    timeout=(settings.STRIPE_CONNECT_TIMEOUT, settings.STRIPE_READ_TIMEOUT),
                ),
            )
        return _client


def _addresses(api: str) -> BaseAddresses:
    """Stripe takes files and OAuth at addresses of their own; a stand-in has one for all."""
    return {"api": api} if _is_stripe(api) else {"api": api, "files": api, "connect": api}


def _is_stripe(api: str) -> bool:
    return urlsplit(api).hostname == "api.stripe.com"


def authorize_url(**params: str) -> str:
    """Stripe's page on which the owner of an account connects it to the platform; no secret."""
    api = settings.STRIPE_API_BASE
    base = stripe.DEFAULT_CONNECT_API_BASE if _is_stripe(api) else api
    return f"{base}/oauth/authorize?{urlencode(params)}"


def forget_client() -> None:
    """Drop the client and its connections: settings changed (tests), or the process forked."""
    global _client
    with _lock:
        _client = None


def call_seconds() -> float:
    """The longest one call may take."""
    return float(settings.STRIPE_CONNECT_TIMEOUT + settings.STRIPE_READ_TIMEOUT)


def refuse_in_transaction() -> None:
    """Raise StripeCallInTransaction when a transaction is open, except TestCase's own."""
    blocks: list[Any] = list(connection.atomic_blocks)
    if any(not block._from_testcase for block in blocks):
        raise StripeCallInTransaction("Stripe must not be called inside a database transaction.")


FILES, OAUTH = "/v1/files", "/oauth/"


def post(request: StripeRequest, enclosed: JSON | None = None) -> Answer:
    """Send the row, and what is kept out of it, with its own key to its own account. Never raises
    for what Stripe answers.
    """
    started = time.monotonic()
    key = {"idempotency_key": request.idempotency_key} if request.method == "post" else {}
    if request.path == FILES:
        key |= {"base": "files", "content_type": "multipart/form-data"}
    if request.path.startswith(OAUTH):
        key |= {"base": "connect"}
    params = request.params | (enclosed or {})
    try:
        response = _call(request.method, request.path, request.stripe_account, **key, **params)
    except stripe.StripeError as error:
        return _failed(error, _since(started))
    headers = response.headers
    return Answer(
        Meaning.SUCCEEDED,
        json.loads(response.body),
        http_status=response.code,
        request_id=headers.get("Request-Id") or "",
        replayed=headers.get("Idempotent-Replayed") == "true",
        milliseconds=_since(started),
    )


def get(path: str, stripe_account: str, **params: Any) -> JSON:
    """Read one object. Raises NoAnswer, NotFound or AccountRefused."""
    try:
        response = _call("get", path, stripe_account, **params)
    except stripe.StripeError as error:
        if error.http_status == 404:
            raise NotFound(path) from error
        if error.http_status in (401, 403):
            raise AccountRefused(str(error.user_message or ""), _code(error)) from error
        raise NoAnswer(f"{path}: {_code(error) or type(error).__name__}") from error
    body: JSON = json.loads(response.body)
    return body


def retrieve_payment_intent(payment_intent_id: str, stripe_account: str) -> JSON:
    """With its latest charge and all refunds of that; a charge that is disputed also gets its
    `disputes`, which Stripe does not put there.
    """
    path = f"/v1/payment_intents/{payment_intent_id}"
    intent = get(path, stripe_account, expand=["latest_charge.refunds"])
    charge = intent.get("latest_charge") or {}
    if (charge.get("refunds") or {}).get("has_more"):
        listed = each("/v1/refunds", stripe_account, charge=charge["id"])
        charge["refunds"]["data"] = list(listed)
    if charge.get("disputed"):
        charge["disputes"] = list(each("/v1/disputes", stripe_account, charge=charge["id"]))
    return intent


def page(
    path: str, stripe_account: str, *, after: str = "", **params: Any
) -> tuple[list[JSON], bool]:
    """Up to a hundred objects of a list behind the one called `after`, newest first; and whether
    there are more.
    """
    behind = {"starting_after": after} if after else {}
    answer = get(path, stripe_account, limit=100, **params, **behind)
    return answer["data"], bool(answer["has_more"])


def retrieve_setup_intent(setup_intent_id: str, stripe_account: str) -> JSON:
    """With the reusable PaymentMethod that came of it as `generated`, if one did."""
    path = f"/v1/setup_intents/{setup_intent_id}"
    intent = get(path, stripe_account, expand=["latest_attempt"])
    details = (intent.get("latest_attempt") or {}).get("payment_method_details") or {}
    made = (details.get("card_present") or {}).get("generated_card")
    if intent["status"] == "succeeded" and made:
        intent["generated"] = get(f"/v1/payment_methods/{made}", stripe_account)
    return intent


def each(path: str, stripe_account: str, **params: Any) -> Iterator[JSON]:
    """Every object of a list, newest first, page by page."""
    after, more = "", True
    while more:
        objects, more = page(path, stripe_account, after=after, **params)
        yield from objects
        after = objects[-1]["id"] if objects else ""


def livemode() -> bool:
    return bool(settings.STRIPE_LIVE_MODE)


def _call(method: str, path: str, stripe_account: str, **params: Any) -> Any:
    """Raises StripeError. Whatever comes of it, the listeners hear."""
    refuse_in_transaction()
    started = time.monotonic()
    headers: Mapping[str, str] = {}
    status, code = None, ""
    try:
        response = client().raw_request(method, path, **params, **_scope(stripe_account))
        status, headers = response.code, response.headers
        return response
    except stripe.StripeError as error:
        status, code, headers = error.http_status, _code(error), error.headers or {}
        raise
    finally:
        seconds = time.monotonic() - started
        date = next((v for k, v in headers.items() if k.lower() == "date"), "")
        _tell(Exchange(method, path, stripe_account, status, code, seconds, date, time.time()))


def _tell(exchange: Exchange) -> None:
    for hear in listeners:
        try:
            hear(exchange)
        except Exception:  # a sale does not fail because somebody cannot listen
            logger.exception("%s could not hear of %s", hear.__name__, exchange.path)


def _scope(stripe_account: str) -> dict[str, str]:
    return {"stripe_account": stripe_account} if stripe_account else {}


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _code(error: stripe.StripeError) -> str:
    # stripe-python leaves `error.code` empty for 401, 403, 409 and 429.
    return str(error.code or getattr(error.error, "code", None) or "")


def _failed(error: stripe.StripeError, milliseconds: int) -> Answer:
    headers = {k.lower(): v for k, v in dict(error.headers or {}).items()}
    return Answer(
        _meaning(error, headers),
        http_status=error.http_status,
        code=_code(error),
        type=str(getattr(error.error, "type", None) or ""),
        message=str(error.user_message or ""),
        request_id=headers.get("request-id", ""),
        replayed=headers.get("idempotent-replayed") == "true",
        retry_after=_seconds(headers.get("retry-after")),
        milliseconds=milliseconds,
    )


def _meaning(error: stripe.StripeError, headers: dict[str, str]) -> Meaning:
    status = error.http_status
    if isinstance(error, stripe.APIConnectionError):
        return Meaning.NOT_SENT if _never_left(error) else Meaning.UNKNOWN
    if isinstance(error, stripe.IdempotencyError):
        return Meaning.KEY_MISUSED
    if _code(error) == "idempotency_key_in_use":
        return Meaning.UNKNOWN
    if status in (429, 503) or headers.get("stripe-should-retry") == "true":
        return Meaning.NOT_EXECUTED
    if status in (401, 403):
        return Meaning.ACCOUNT_REFUSED
    if status is not None and 400 <= status < 500 and status not in (409, 424):
        return Meaning.REFUSED
    return Meaning.MAYBE_EXECUTED


def _never_left(error: stripe.StripeError) -> bool:
    """Whether the connection was never made, so that Stripe cannot have heard anything."""
    cause: BaseException | None = error.__cause__ or error.__context__
    reason = getattr(next(iter(getattr(cause, "args", ())), None), "reason", None)
    return isinstance(cause, requests.exceptions.ConnectTimeout) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError
    )


def _seconds(header: str | None) -> float | None:
    try:
        return float(header) if header else None
    except ValueError:
        return None
