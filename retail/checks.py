"""Refuse to start half-configured: every rule between two settings, each with an id and a hint.

`manage.py check --tag retail` runs these alone, without a database (dj-stripe's own checks ask
one); with `--deploy` those too that hold only where customers are served. `manage.py dispatch`
and `setup_database` run them by themselves, and docker/entrypoint.sh runs them for every process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

TAG = "retail"
STRIPE = "https://api.stripe.com"
LIVE_KEYS = ("sk_live_", "rk_live_")
TEST_KEYS = ("sk_test_", "rk_test_")
RESTRICTED_KEYS = ("rk_test_", "rk_live_")
INSECURE = "insecure-"  # how the SECRET_KEY for tests and checks begins

Apps = Sequence[AppConfig] | None


def is_live() -> bool:
    """Whether anything here says that real money moves."""
    keys = (settings.STRIPE_WORKER_KEY, settings.STRIPE_MIRROR_KEY)
    return settings.STRIPE_LIVE_MODE or any(key.startswith(LIVE_KEYS) for key in keys)


@register(TAG)
def real_money_is_not_debugged(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """DEBUG shows settings and rows to whoever meets an error."""
    if not (settings.DEBUG and is_live()):
        return []
    hint = "Unset DEBUG, or use the keys of a sandbox."
    return [Error("DEBUG is on while real money moves.", hint=hint, id="retail.E001")]


@register(TAG)
def live_keys_go_to_stripe_alone(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """A live key must not be sent to a simulator, or to whoever answers at a mistyped address."""
    if not is_live() or settings.STRIPE_API_BASE.rstrip("/") == STRIPE:
        return []
    hint = f"Unset STRIPE_API_BASE (it is {STRIPE} then), or use the keys of a sandbox."
    message = f"Live keys would be sent to {settings.STRIPE_API_BASE}."
    return [Error(message, hint=hint, id="retail.E002")]


@register(TAG)
def keys_are_of_the_mode(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """STRIPE_LIVE_MODE and the prefixes of the keys say the same; '' is said by web processes."""
    live = settings.STRIPE_LIVE_MODE
    prefixes, word = (LIVE_KEYS, "true") if live else (TEST_KEYS, "false")
    hint = f"With STRIPE_LIVE_MODE={word} a key begins with {' or '.join(prefixes)}."
    return [
        Error(f"{name} does not fit STRIPE_LIVE_MODE={word}.", hint=hint, id="retail.E003")
        for name, key in (
            ("STRIPE_SECRET_KEY", settings.STRIPE_WORKER_KEY),
            ("STRIPE_MIRROR_KEY", settings.STRIPE_MIRROR_KEY),
        )
        if key and not key.startswith(prefixes)
    ]


@register(TAG)
def the_mirror_may_only_read(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """dj-stripe writes the key it uses into the database in clear."""
    key = settings.STRIPE_MIRROR_KEY
    if not key or key.startswith(RESTRICTED_KEYS):
        return []
    hint = "Make a restricted key that may only read (docs/operations.md); it begins with rk_."
    message = "STRIPE_MIRROR_KEY is not a restricted key, and dj-stripe would store it in clear."
    return [Error(message, hint=hint, id="retail.E004")]


@register(TAG)
def who_talks_to_stripe_has_a_mirror_key(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Sales need no mirror; people who look things up and reports do."""
    if settings.STRIPE_MIRROR_KEY or not settings.STRIPE_WORKER_KEY:
        return []
    hint = "Set STRIPE_MIRROR_KEY to a restricted key that may only read (docs/operations.md)."
    message = "STRIPE_MIRROR_KEY is not set: charges, payouts and disputes are not mirrored."
    return [Warning(message, hint=hint, id="retail.W005")]


@register(TAG)
def a_lease_outlives_a_call(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """A lease is both time-outs and the margin: the margin is what is left to write it down."""
    waits = (settings.STRIPE_CONNECT_TIMEOUT, settings.STRIPE_READ_TIMEOUT)
    if min(waits) > 0 and settings.STRIPE_LEASE_MARGIN > 0:
        return []
    hint = "All three are seconds above 0; the defaults are 3, 20 and 7."
    message = "A call to Stripe could outlive its lease: see STRIPE_LEASE_MARGIN and the time-outs."
    return [Error(message, hint=hint, id="retail.E006")]


@register(TAG, deploy=True)
def the_secret_key_is_secret(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """`make run` makes a key of its own; the default is for tests and checks."""
    if settings.DEBUG or not settings.SECRET_KEY.startswith(INSECURE):
        return []
    hint = "Set SECRET_KEY to 50 random characters, the same for every process."
    return [Error("SECRET_KEY is the one everybody knows.", hint=hint, id="retail.E007")]


@register(TAG)
def real_money_needs_a_second_factor(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """The demo company spares its managers one, and nobody else may."""
    if settings.SECOND_FACTOR_REQUIRED or not is_live():
        return []
    hint = "Unset SECOND_FACTOR_REQUIRED."
    message = "Real money moves, and managers get in with a password alone."
    return [Error(message, hint=hint, id="retail.E009")]


@register(TAG, deploy=True)
def real_money_travels_encrypted(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Sessions and tablets' tokens are sent with every request."""
    if settings.BEHIND_TLS_PROXY or not is_live():
        return []
    hint = "Serve through a proxy that ends TLS, and set BEHIND_TLS_PROXY=true."
    message = "Real money moves, and cookies may travel in clear."
    return [Error(message, hint=hint, id="retail.E008")]
