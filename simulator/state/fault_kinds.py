"""What can go wrong, one row each: when it may strike, what more it is told, what it answers."""

from dataclasses import dataclass

BEFORE, AFTER = "before", "after"
# Of the faults that match a request, one of each group strikes.
SPOIL, DELAY, BODY, LIVEMODE, SKEW, STALE = "spoil", "delay", "body", "livemode", "skew", "stale"

RATE_LIMIT_REASONS = (
    "global-rate",
    "global-concurrency",
    "endpoint-rate",
    "endpoint-concurrency",
    "resource-specific",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in place of the true one."""

    status: int
    type: str
    message: str
    code: str | None = None
    should_retry: bool | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One value of `what`.

    `moments`: before or after the effect, the usual one first. `takes`: what else may be said
    about it. `stored`: Stripe's application gives this answer itself, so that it is what the
    idempotency key replays; others come from in front of it, and the true one waits there.
    """

    group: str
    moments: tuple[str, ...] = (BEFORE, AFTER)
    takes: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    reply: Reply | None = None


_ADVICE = ("retry_after", "should_retry", "stored")


def _answer(reply: Reply, *takes: str, stored: tuple[str, ...] = ()) -> Kind:
    return Kind(SPOIL, takes=(*_ADVICE, *takes), stored=stored, reply=reply)


KINDS: dict[str, Kind] = {
    # the connection
    "reset": Kind(SPOIL),
    "hang": Kind(SPOIL, takes=("seconds",)),
    "latency": Kind(DELAY, takes=("seconds",)),
    "truncate": Kind(BODY, moments=(AFTER,)),
    "drip": Kind(BODY, moments=(AFTER,), takes=("seconds",)),
    "garbage": Kind(SPOIL, takes=("status", "body")),
    # what Stripe tells in an answer
    "livemode": Kind(LIVEMODE, moments=(AFTER,)),
    "skew": Kind(SKEW, moments=(AFTER,), takes=("seconds",)),
    "stale_read": Kind(STALE, moments=(BEFORE,), takes=("seconds",)),
    # the answer itself: https://docs.stripe.com/api/errors
    "error": Kind(
        SPOIL,
        takes=(*_ADVICE, "status", "error"),
        stored=(BEFORE, AFTER),
        reply=Reply(400, "invalid_request_error", "This request was refused."),
    ),
    "401": _answer(Reply(401, "invalid_request_error", "Invalid API Key provided.")),
    "403": _answer(
        Reply(
            403,
            "invalid_request_error",
            "The provided key does not have access to this account (or that account does not "
            "exist). Application access may have been revoked.",
            "account_invalid",
        )
    ),
    "409": _answer(
        Reply(
            409,
            "idempotency_error",
            "There is currently another in-progress request using this Idempotent Key.",
            "idempotency_key_in_use",
        )
    ),
    "424": _answer(
        Reply(
            424,
            "api_error",
            "The request couldn't be completed due to a failure in a dependency external to "
            "Stripe.",
        ),
        stored=(AFTER,),
    ),
    "429": _answer(
        Reply(
            429,
            "invalid_request_error",
            "Request rate limit exceeded. You can learn more about rate limits here "
            "https://stripe.com/docs/rate-limits.",
            "rate_limit",
        ),
        "reason",
    ),
    "lock_timeout": _answer(
        Reply(
            429,
            "invalid_request_error",
            "This object cannot be accessed right now because another API request or Stripe "
            "process is currently accessing it.",
            "lock_timeout",
            should_retry=True,
        )
    ),
    "500": _answer(Reply(500, "api_error", "An unknown error occurred."), stored=(AFTER,)),
    "502": _answer(Reply(502, "api_error", "Bad gateway.")),
    "503": _answer(Reply(503, "api_error", "Service unavailable.")),
    "504": _answer(Reply(504, "api_error", "Gateway timeout.")),
}
