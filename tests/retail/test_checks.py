"""`manage.py check --tag retail`: what must not be started refuses to start."""

import pytest
from django.core import checks

from retail.checks import TAG

SECRET, LIVE_SECRET = "sk_test_" + "a" * 24, "sk_live_" + "a" * 24
MIRROR, LIVE_MIRROR = "rk_test_" + "b" * 24, "rk_live_" + "b" * 24
STRIPE = "https://api.stripe.com"
SANDBOX = {
    "SECOND_FACTOR_REQUIRED": True,
    "STRIPE_WORKER_KEY": SECRET,
    "STRIPE_MIRROR_KEY": MIRROR,
    "STRIPE_API_BASE": STRIPE,
    "STRIPE_LIVE_MODE": False,
    "SECRET_KEY": "x" * 50,
    "BEHIND_TLS_PROXY": True,
}
LIVE = SANDBOX | {
    "STRIPE_WORKER_KEY": LIVE_SECRET,
    "STRIPE_MIRROR_KEY": LIVE_MIRROR,
    "STRIPE_LIVE_MODE": True,
}
# Web processes hold no key.
WEB = {"STRIPE_WORKER_KEY": "", "STRIPE_MIRROR_KEY": ""}


@pytest.fixture
def refusals(settings):
    def run(configuration, *, deploy=True):
        for name, value in configuration.items():
            setattr(settings, name, value)
        return [
            found.id for found in checks.run_checks(tags=[TAG], include_deployment_checks=deploy)
        ]

    return run


@pytest.mark.parametrize(
    "configuration",
    [
        SANDBOX,
        LIVE,
        SANDBOX | WEB,
        LIVE | WEB,
        SANDBOX | {"DEBUG": True},
        SANDBOX | {"BEHIND_TLS_PROXY": False},
        SANDBOX | {"STRIPE_API_BASE": "http://127.0.0.1:12111"},
        LIVE | {"STRIPE_API_BASE": f"{STRIPE}/"},
        LIVE | {"STRIPE_WORKER_KEY": "rk_live_" + "c" * 24},
    ],
)
def test_lets_a_whole_configuration_start(refusals, configuration):
    assert refusals(configuration) == []


@pytest.mark.parametrize(
    ("configuration", "refusal"),
    [
        (LIVE | {"DEBUG": True}, "retail.E001"),
        (LIVE | WEB | {"DEBUG": True}, "retail.E001"),
        (LIVE | {"STRIPE_API_BASE": "http://127.0.0.1:12111"}, "retail.E002"),
        (LIVE | {"STRIPE_API_BASE": "https://api.stripe.com.example"}, "retail.E002"),
        (LIVE | {"STRIPE_WORKER_KEY": SECRET}, "retail.E003"),
        (LIVE | {"STRIPE_MIRROR_KEY": MIRROR}, "retail.E003"),
        (SANDBOX | {"STRIPE_WORKER_KEY": LIVE_SECRET}, "retail.E003"),
        (SANDBOX | {"STRIPE_WORKER_KEY": "pk_test_" + "a" * 24}, "retail.E003"),
        (SANDBOX | {"STRIPE_MIRROR_KEY": SECRET}, "retail.E004"),
        (SANDBOX | {"STRIPE_MIRROR_KEY": ""}, "retail.W005"),
        (LIVE | {"STRIPE_MIRROR_KEY": ""}, "retail.W005"),
        (LIVE | {"SECOND_FACTOR_REQUIRED": False}, "retail.E009"),
        (SANDBOX | {"STRIPE_LEASE_MARGIN": 0.0}, "retail.E006"),
        (SANDBOX | {"STRIPE_READ_TIMEOUT": 0.0}, "retail.E006"),
        (SANDBOX | {"SECRET_KEY": "insecure-only-for-tests"}, "retail.E007"),
        (LIVE | {"BEHIND_TLS_PROXY": False}, "retail.E008"),
        (LIVE | WEB | {"BEHIND_TLS_PROXY": False}, "retail.E008"),
    ],
)
def test_refuses_half_a_configuration(refusals, configuration, refusal):
    assert refusal in refusals(configuration)


def test_says_what_to_do(settings):
    settings.STRIPE_MIRROR_KEY = SECRET

    found = checks.run_checks(tags=[TAG])

    assert all(one.hint for one in found)
    assert SECRET not in str(found)


def test_leaves_the_key_of_tests_and_checks_alone_until_customers_are_served(refusals):
    known = SANDBOX | {"SECRET_KEY": "insecure-only-for-tests", "BEHIND_TLS_PROXY": False}

    assert refusals(known, deploy=False) == []


def test_asks_no_database(refusals, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        refusals(SANDBOX)
