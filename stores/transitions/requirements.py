"""What Stripe wants to know of an account, and why it stopped one, in plain words.

https://docs.stripe.com/api/accounts/object#account_object-requirements
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

PEOPLE = {
    "individual": "the owner",
    "representative": "the person who acts for the company",
    "owners": "each owner of the company",
    "directors": "each director of the company",
    "executives": "each executive of the company",
    "company": "the company",
}
_PERSON = "a person of the company"

WHOLE = {
    "business_type": "Who is behind the business: a person, a company, a charity.",
    "external_account": "A bank account to pay out to.",
    "tos_acceptance": "The owner's agreement to Stripe's terms.",
    "business_profile.mcc": "What kind of business it is.",
    "business_profile.url": "The business's website.",
    "business_profile.product_description": "What is sold, in a sentence.",
    "business_profile.name": "The name that customers know the business by.",
    "business_profile.support_phone": "A phone number for customers.",
    "business_profile.support_email": "An e-mail address for customers.",
    "business_profile.support_url": "A web page for customers who need help.",
    "business_profile.annual_revenue": "About how much is sold in a year.",
    "business_profile.estimated_worker_count": "About how many people work there.",
    "settings.payments.statement_descriptor": "The name on customers' card statements.",
    "settings.card_payments.statement_descriptor_prefix": "The name on customers' statements.",
    "company.owners_provided": "That all owners of the company are named.",
    "company.directors_provided": "That all directors of the company are named.",
    "company.executives_provided": "That all executives of the company are named.",
    "company.ownership_declaration": "A declaration of who owns the company.",
    "company.structure": "The legal form of the company.",
}
PARTS = (
    ("dob", "date of birth"),
    ("first_name", "name"),
    ("last_name", "name"),
    ("full_name_aliases", "other names"),
    ("name", "registered name"),
    ("address", "address"),
    ("registered_address", "registered address"),
    ("email", "e-mail address"),
    ("phone", "phone number"),
    ("ssn_last_4", "last four digits of the Social Security number"),
    ("id_number", "personal identity number"),
    ("tax_id", "tax number"),
    ("registration_number", "registration number"),
    ("vat_id", "VAT number"),
    ("nationality", "nationality"),
    ("political_exposure", "answer whether a public office is held"),
    ("relationship.title", "position in the company"),
    ("relationship.percent_ownership", "share of the company"),
    ("relationship", "part in the company"),
    ("verification.additional_document", "second proof, such as of the address"),
    ("verification.proof_of_liveness", "selfie beside an identity document"),
    ("verification.document", "identity document"),
    ("verification", "identity"),
)
COMPANY_PARTS = {"verification.document": "papers, such as an extract of the register"}

DISABLED: dict[str, tuple[str, str]] = {
    "requirements.past_due": (
        "Stripe did not get what it asked for in time.",
        "Continue the onboarding and answer what is due.",
    ),
    "requirements.pending_verification": (
        "Stripe is checking what was submitted.",
        "Wait: this takes minutes, seldom days. Nothing needs to be done meanwhile.",
    ),
    "action_required.requested_capabilities": (
        "Cards and transfers were not asked for, or need more details.",
        "Continue the onboarding and answer what is due.",
    ),
    "under_review": (
        "Stripe is reviewing the account.",
        "Wait, and look for Stripe's e-mail to the account's owner.",
    ),
    "listed": (
        "The account may be on a list of persons Stripe must not serve; Stripe is looking.",
        "Wait; only Stripe's support can tell more.",
    ),
    "platform_paused": (
        "The platform paused the account.",
        "The platform's owner lifts it in Stripe's Dashboard.",
    ),
    "rejected.fraud": (
        "Stripe suspects fraud and closed the account.",
        "Only Stripe's support can tell more.",
    ),
    "rejected.terms_of_service": (
        "Stripe closed the account: it does what Stripe's terms forbid.",
        "Only Stripe's support can tell more.",
    ),
    "rejected.listed": (
        "Stripe closed the account: it is on a list of persons Stripe must not serve.",
        "Only Stripe's support can tell more.",
    ),
    "rejected.incomplete_verification": (
        "Stripe closed the account: its details could not be verified.",
        "Only Stripe's support can tell more.",
    ),
    "rejected.other": ("Stripe closed the account.", "Only Stripe's support can tell more."),
    "other": (
        "Stripe stopped the account and is looking into it.",
        "Look for Stripe's e-mail to the account's owner.",
    ),
}
_BY_PLATFORM = (
    "The platform closed the account.",
    "The platform's owner can tell more.",
)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an account is stopped, and what to do."""

    reason: str
    next_action: str


def disabled(reason: str) -> Stop | None:
    """`requirements.disabled_reason`; None when nothing is stopped. Every word has a sentence."""
    if not reason:
        return None
    if reason.startswith("rejected.platform_"):
        return Stop(*_BY_PLATFORM)
    return Stop(*DISABLED.get(reason, DISABLED["other"]))


def requirement(name: str) -> str:
    """One id of `requirements.currently_due` and the like, as a sentence."""
    for start, sentence in WHOLE.items():
        if name == start or name.startswith(f"{start}."):
            return sentence
    head, _, rest = name.partition(".")
    if head.startswith(("interv_", "documents")) or name.endswith(".form"):
        return "An answer to a question of Stripe's, which is on its page."
    who = PEOPLE.get(head, _PERSON if head.startswith("person_") else "")
    what = _part(head, rest)
    if who and what:
        return f"The {what} of {who}."
    return f"{re.sub('[._]+', ' ', name).strip().capitalize()}."


def _part(head: str, rest: str) -> str:
    for end, word in PARTS:
        if rest == end or rest.startswith(f"{end}."):
            return COMPANY_PARTS.get(end, word) if head == "company" else word
    return ""


def sentences(names: Iterable[str]) -> list[str]:
    """Each thing once, though Stripe names day, month and year."""
    return list(dict.fromkeys(requirement(name) for name in names))
