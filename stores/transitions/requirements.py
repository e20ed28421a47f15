"""What Stripe wants to know of an account, and why it stopped one, in plain words.

https://docs.stripe.com/api/accounts/object#account_object-requirements
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PEOPLE = {
    "individual": _("the owner"),
    "representative": _("the person who acts for the company"),
    "owners": _("each owner of the company"),
    "directors": _("each director of the company"),
    "executives": _("each executive of the company"),
    "company": _("the company"),
}
_PERSON = _("a person of the company")

WHOLE = {
    "business_type": _("Who is behind the business: a person, a company, a charity."),
    "external_account": _("A bank account to pay out to."),
    "tos_acceptance": _("The owner's agreement to Stripe's terms."),
    "business_profile.mcc": _("What kind of business it is."),
    "business_profile.url": _("The business's website."),
    "business_profile.product_description": _("What is sold, in a sentence."),
    "business_profile.name": _("The name that customers know the business by."),
    "business_profile.support_phone": _("A phone number for customers."),
    "business_profile.support_email": _("An e-mail address for customers."),
    "business_profile.support_url": _("A web page for customers who need help."),
    "business_profile.annual_revenue": _("About how much is sold in a year."),
    "business_profile.estimated_worker_count": _("About how many people work there."),
    "settings.payments.statement_descriptor": _("The name on customers' card statements."),
    "settings.card_payments.statement_descriptor_prefix": _("The name on customers' statements."),
    "company.owners_provided": _("That all owners of the company are named."),
    "company.directors_provided": _("That all directors of the company are named."),
    "company.executives_provided": _("That all executives of the company are named."),
    "company.ownership_declaration": _("A declaration of who owns the company."),
    "company.structure": _("The legal form of the company."),
}
PARTS = (
    ("dob", _("date of birth")),
    ("first_name", _("name")),
    ("last_name", _("name")),
    ("full_name_aliases", _("other names")),
    ("name", _("registered name")),
    ("address", _("address")),
    ("registered_address", _("registered address")),
    ("email", _("e-mail address")),
    ("phone", _("phone number")),
    ("ssn_last_4", _("last four digits of the Social Security number")),
    ("id_number", _("personal identity number")),
    ("tax_id", _("tax number")),
    ("registration_number", _("registration number")),
    ("vat_id", _("VAT number")),
    ("nationality", _("nationality")),
    ("political_exposure", _("answer whether a public office is held")),
    ("relationship.title", _("position in the company")),
    ("relationship.percent_ownership", _("share of the company")),
    ("relationship", _("part in the company")),
    ("verification.additional_document", _("second proof, such as of the address")),
    ("verification.proof_of_liveness", _("selfie beside an identity document")),
    ("verification.document", _("identity document")),
    ("verification", _("identity")),
)
COMPANY_PARTS = {"verification.document": _("papers, such as an extract of the register")}

DISABLED: dict[str, tuple[StrOrPromise, StrOrPromise]] = {
    "requirements.past_due": (
        _("Stripe did not get what it asked for in time."),
        _("Continue the onboarding and answer what is due."),
    ),
    "requirements.pending_verification": (
        _("Stripe is checking what was submitted."),
        _("Wait: this takes minutes, seldom days. Nothing needs to be done meanwhile."),
    ),
    "action_required.requested_capabilities": (
        _("Cards and transfers were not asked for, or need more details."),
        _("Continue the onboarding and answer what is due."),
    ),
    "under_review": (
        _("Stripe is reviewing the account."),
        _("Wait, and look for Stripe's e-mail to the account's owner."),
    ),
    "listed": (
        _("The account may be on a list of persons Stripe must not serve; Stripe is looking."),
        _("Wait; only Stripe's support can tell more."),
    ),
    "platform_paused": (
        _("The platform paused the account."),
        _("The platform's owner lifts it in Stripe's Dashboard."),
    ),
    "rejected.fraud": (
        _("Stripe suspects fraud and closed the account."),
        _("Only Stripe's support can tell more."),
    ),
    "rejected.terms_of_service": (
        _("Stripe closed the account: it does what Stripe's terms forbid."),
        _("Only Stripe's support can tell more."),
    ),
    "rejected.listed": (
        _("Stripe closed the account: it is on a list of persons Stripe must not serve."),
        _("Only Stripe's support can tell more."),
    ),
    "rejected.incomplete_verification": (
        _("Stripe closed the account: its details could not be verified."),
        _("Only Stripe's support can tell more."),
    ),
    "rejected.other": (_("Stripe closed the account."), _("Only Stripe's support can tell more.")),
    "other": (
        _("Stripe stopped the account and is looking into it."),
        _("Look for Stripe's e-mail to the account's owner."),
    ),
}
_BY_PLATFORM = (
    _("The platform closed the account."),
    _("The platform's owner can tell more."),
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
        return _stop(_BY_PLATFORM)
    return _stop(DISABLED.get(reason, DISABLED["other"]))


def _stop(told: tuple[StrOrPromise, StrOrPromise]) -> Stop:
    reason, next_action = told
    return Stop(str(reason), str(next_action))


def requirement(name: str) -> str:
    """One id of `requirements.currently_due` and the like, as a sentence."""
    for start, sentence in WHOLE.items():
        if name == start or name.startswith(f"{start}."):
            return str(sentence)
    head, _, rest = name.partition(".")
    if head.startswith(("interv_", "documents")) or name.endswith(".form"):
        return gettext("An answer to a question of Stripe's, which is on its page.")
    who = PEOPLE.get(head, _PERSON if head.startswith("person_") else "")
    what = _part(head, rest)
    if who and what:
        return gettext("The {what} of {who}.").format(what=what, who=who)
    return f"{re.sub('[._]+', ' ', name).strip().capitalize()}."


def _part(head: str, rest: str) -> StrOrPromise:
    for end, word in PARTS:
        if rest == end or rest.startswith(f"{end}."):
            return COMPANY_PARTS.get(end, word) if head == "company" else word
    return ""


def sentences(names: Iterable[str]) -> list[str]:
    """Each thing once, though Stripe names day, month and year."""
    return list(dict.fromkeys(requirement(name) for name in names))
