"""Whether a webhook delivery is Stripe's (docs.stripe.com/webhooks#verify-manually)."""

from __future__ import annotations

import re
import time

import stripe

TOLERANCE = 300  # seconds, in both directions
_TIMESTAMP = re.compile(r"\d{1,12}", re.ASCII)


class NotStripes(Exception):
    """The delivery is unsigned, badly signed, too old, or dated in the future."""


class BadTime(NotStripes):
    """Stripe's signature fits, but by our clock it is `seconds` old (below 0: of the future)."""

    def __init__(self, seconds: float, words: str) -> None:
        super().__init__(words)
        self.seconds = seconds


def verify(body: str, header: str, secret: str) -> None:
    """Raise NotStripes unless a v1 signature over the raw body fits and its time is near ours."""
    # All of it is judged here, because stripe's own code takes the first of several times, reads
    # "9_999" as a number, and raises TypeError when a signature is not ASCII.
    times = [item[2:] for item in header.split(",") if item.startswith("t=")]
    if len(times) != 1 or not _TIMESTAMP.fullmatch(times[0]) or not header.isascii():
        raise NotStripes("The Stripe-Signature header is missing or malformed.")
    old = time.time() - int(times[0])
    try:
        # verify_header and json.loads, never construct_event: that costs 25 times as much.
        stripe.WebhookSignature.verify_header(body, header, secret)
    except stripe.SignatureVerificationError as error:
        raise NotStripes("No signature fits.") from error
    if old < -TOLERANCE:
        raise BadTime(old, "The signature is dated in the future.")
    if old > TOLERANCE:
        raise BadTime(old, "The signature is too old.")
