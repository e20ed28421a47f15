"""Whether an account takes cards, and what Stripe wants of it, in plain words. It …"""

import pytest
from django.utils import translation

from stores.models import Account
from stores.transitions import disabled, requirement, sentences, standing

READY = {
    "name": "Corner Coffee",
    "stripe_id": "acct_1",
    "charges_enabled": True,
    "details_submitted": True,
    "card_payments": "active",
    "transfers": "active",
}


def account(**changes):
    return Account(**READY | changes)


def test_says_nothing_of_an_account_that_takes_cards():
    assert standing(account()).takes_cards
    assert standing(account(), onward=True).takes_cards


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"details_submitted": False}, "its onboarding at Stripe is not finished."),
        ({"disabled_reason": "requirements.past_due"}, "Stripe did not get what it asked for"),
        ({"disabled_reason": "under_review"}, "Stripe is reviewing the account."),
        ({"card_payments": "pending"}, "card payments are pending at Stripe."),
        ({"card_payments": ""}, "card payments are not asked for at Stripe."),
        (
            {"details_submitted": False, "disabled_reason": "rejected.fraud"},
            "Stripe suspects fraud and closed the account.",
        ),
    ],
)
def test_says_why_cards_are_not_taken_and_what_to_do(changes, words):
    how = standing(account(charges_enabled=False, **changes))

    assert how.code == "account_cannot_charge"
    assert words in how.message
    assert how.message.startswith("Corner Coffee cannot take cards: ")
    assert how.next_action.startswith("Take another means of payment now.")


def test_says_it_in_the_language_of_whoever_reads_it_and_is_kept_in_english():
    how = standing(account(charges_enabled=False, disabled_reason="platform_paused"))

    assert how.message == "Corner Coffee cannot take cards: the platform paused the account."
    with translation.override("es"):
        assert how.message.spoken == (
            "Corner Coffee no puede aceptar tarjetas: la plataforma pausó la cuenta."
        )
        assert how.next_action.spoken.startswith("Acepte ahora otro medio de pago. El propietario")
        [asked] = sentences(["individual.dob.day"])
        assert asked.spoken == "Se pide: fecha de nacimiento (el propietario)."


@pytest.mark.parametrize(
    "changes", [{"charges_enabled": False}, {"card_payments": "inactive"}, {"card_payments": ""}]
)
def test_wants_charges_and_the_capability_both(changes):
    assert standing(account(**changes)).code == "account_cannot_charge"


def test_wants_transfers_where_the_platform_passes_the_money_on():
    assert standing(account(transfers="inactive")).takes_cards
    assert not standing(account(transfers="inactive"), onward=True).takes_cards


REASONS = [
    "action_required.requested_capabilities",
    "listed",
    "other",
    "platform_paused",
    "rejected.fraud",
    "rejected.incomplete_verification",
    "rejected.listed",
    "rejected.other",
    "rejected.platform_fraud",
    "rejected.platform_other",
    "rejected.platform_terms_of_service",
    "rejected.terms_of_service",
    "requirements.past_due",
    "requirements.pending_verification",
    "under_review",
    "something.new",
]


@pytest.mark.parametrize("reason", REASONS)
def test_has_a_sentence_and_a_next_step_for_every_disabled_reason(reason):
    stop = disabled(reason)
    assert stop is not None
    assert stop.reason.endswith(".")
    assert stop.next_action.endswith(".")


def test_says_nothing_where_nothing_is_disabled():
    assert disabled("") is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("external_account", "A bank account to pay out to."),
        ("individual.dob.day", "The date of birth of the owner."),
        ("person_1AbC.verification.document", "The identity document of a person of the company."),
        ("representative.first_name", "The name of the person who acts for the company."),
        ("owners.address.city", "The address of each owner of the company."),
        ("company.tax_id", "The tax number of the company."),
        ("company.verification.document", "The papers, such as an extract of the register of the"),
        ("tos_acceptance.ip", "The owner's agreement to Stripe's terms."),
        ("business_profile.mcc", "What kind of business it is."),
        ("interv_1.x.supportability.form", "An answer to a question of Stripe's"),
        ("something.new_here", "Something new here."),
    ],
)
def test_says_what_stripe_wants(name, sentence):
    assert requirement(name).startswith(sentence)


def test_names_each_thing_once():
    names = [f"individual.dob.{part}" for part in ("day", "month", "year")]
    assert sentences(names) == ["The date of birth of the owner."]
