"""How many reads Stripe is asked for that nobody waits for: a bucket per account, in one row.

Selling comes first: what a person or a bell asks for is never held back. What is read because it
is time, listed or compared takes from the bucket, whichever process does it.
https://docs.stripe.com/rate-limits
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection

from payments.gateway import Exchange

SLOWEST = 0.5  # reads a second, however often Stripe says that it is too much
RECOVERY = 60.0  # seconds from nothing back to the full rate

# PostgreSQL's clock alone counts: those of the processes may differ.
_TAKE = """
INSERT INTO payments_readbudget AS b (stripe_account, tokens, rate, filled_at, granted)
SELECT account, %(full)s - LEAST(wanted, %(full)s), %(full)s, clock_timestamp(),
    LEAST(wanted, floor(%(full)s))
FROM unnest(%(accounts)s::text[], %(wanted)s::int[]) AS asked (account, wanted) ORDER BY account
ON CONFLICT (stripe_account) DO UPDATE SET (tokens, rate, filled_at, granted) = (
    SELECT have - got, least(%(full)s, b.rate + %(full)s / %(recovery)s * passed),
        clock_timestamp(), got
    FROM (SELECT greatest(extract(epoch FROM clock_timestamp() - b.filled_at), 0)) AS t (passed),
    LATERAL (SELECT least(greatest(b.rate, 1), b.tokens + passed * b.rate)) AS h (have),
    LATERAL (SELECT least(
        (SELECT wanted FROM unnest(%(accounts)s::text[], %(wanted)s::int[]) AS a (account, wanted)
         WHERE account = b.stripe_account), greatest(floor(have), 0))) AS g (got)
)
RETURNING stripe_account, granted
"""
_SLOW = """
UPDATE payments_readbudget
SET rate = greatest(rate / 2, %s), tokens = least(tokens, 0), filled_at = clock_timestamp()
WHERE stripe_account = %s
"""


def take_all(wanted: Mapping[str, int]) -> dict[str, int]:
    """How many reads each account may be asked for now, at most as many as wanted; one statement.

    What is granted is gone, whether it is used or not.
    """
    if not wanted:
        return {}
    values: dict[str, Any] = {
        "accounts": list(wanted),
        "wanted": list(wanted.values()),
        "full": float(settings.STRIPE_READS_PER_SECOND),
        "recovery": RECOVERY,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        return {account: int(granted) for account, granted in cursor.fetchall()}


def take(stripe_account: str, wanted: int = 1) -> int:
    return take_all({stripe_account: wanted})[stripe_account]


def slow_down(exchange: Exchange) -> None:
    """Hear every answer of Stripe: after "too many" the account's bucket fills half as fast."""
    if exchange.http_status == 429 and exchange.code != "lock_timeout":
        with connection.cursor() as cursor:
            cursor.execute(_SLOW, [SLOWEST, exchange.stripe_account])
