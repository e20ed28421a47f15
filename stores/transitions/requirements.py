"""What Stripe wants to know of an account, and why it stopped one, in plain words.

https://docs.stripe.com/api/accounts/object#account_object-requirements
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stores.sentences import Said, said, together

PEOPLE = {
    "individual": said("the owner"),
    "representative": said("the person who acts for the company"),
    "owners": said("each owner of the company"),
    "directors": said("each director of the company"),
    "executives": said("each executive of the company"),
    "company": said("the company"),
}
_PERSON = said("a person of the company")

WHOLE = {
    "business_type": said("Who is behind the business: a person, a company, a charity."),
    "external_account": said("A bank account to pay out to."),
    "tos_acceptance": said("The owner's agreement to Stripe's terms."),
    "business_profile.mcc": said("What kind of business it is."),
    "business_profile.url": said("The business's website."),
    "business_profile.product_description": said("What is sold, in a sentence."),
    "business_profile.name": said("The name that customers know the business by."),
    "business_profile.support_phone": said("A phone number for customers."),
    "business_profile.support_email": said("An e-mail address for customers."),
    "business_profile.support_url": said("A web page for customers who need help."),
    "business_profile.annual_revenue": said("About how much is sold in a year."),
    "business_profile.estimated_worker_count": said("About how many people work there."),
    "settings.payments.statement_descriptor": said("The name on customers' card statements."),
    "settings.card_payments.statement_descriptor_prefix": said(
        "The name on customers' statements."
    ),
    "company.owners_provided": said("That all owners of the company are named."),
    "company.directors_provided": said("That all directors of the company are named."),
    "company.executives_provided": said("That all executives of the company are named."),
    "company.ownership_declaration": said("A declaration of who owns the company."),
    "company.structure": said("The legal form of the company."),
}
PARTS = (
    ("dob", said("date of birth")),
    ("first_name", said("name")),
    ("last_name", said("name")),
    ("full_name_aliases", said("other names")),
    ("name", said("registered name")),
    ("address", said("address")),
    ("registered_address", said("registered address")),
    ("email", said("e-mail address")),
    ("phone", said("phone number")),
    ("ssn_last_4", said("last four digits of the Social Security number")),
    ("id_number", said("personal identity number")),
    ("tax_id", said("tax number")),
    ("registration_number", said("registration number")),
    ("vat_id", said("VAT number")),
    ("nationality", said("nationality")),
    ("political_exposure", said("answer whether a public office is held")),
    ("relationship.title", said("position in the company")),
    ("relationship.percent_ownership", said("share of the company")),
    ("relationship", said("part in the company")),
    ("verification.additional_document", said("second proof, such as of the address")),
    ("verification.proof_of_liveness", said("selfie beside an identity document")),
    ("verification.document", said("identity document")),
    ("verification", said("identity")),
)
COMPANY_PARTS = {"verification.document": said("papers, such as an extract of the register")}


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an account is stopped, for behind a colon, and what to do."""

    reason: Said
    next_action: Said


DISABLED = {
    "requirements.past_due": Stop(
        said("Stripe did not get what it asked for in time."),
        said("Continue the onboarding and answer what is due."),
    ),
    "requirements.pending_verification": Stop(
        said("Stripe is checking what was submitted."),
        said("Wait: this takes minutes, seldom days. Nothing needs to be done meanwhile."),
    ),
    "action_required.requested_capabilities": Stop(
        said("cards and transfers were not asked for, or need more details."),
        said("Continue the onboarding and answer what is due."),
    ),
    "under_review": Stop(
        said("Stripe is reviewing the account."),
        said("Wait, and look for Stripe's e-mail to the account's owner."),
    ),
    "listed": Stop(
        said("the account may be on a list of persons Stripe must not serve; Stripe is looking."),
        said("Wait; only Stripe's support can tell more."),
    ),
    "platform_paused": Stop(
        said("the platform paused the account."),
        said("The platform's owner lifts it in Stripe's Dashboard."),
    ),
    "rejected.fraud": Stop(
        said("Stripe suspects fraud and closed the account."),
        said("Only Stripe's support can tell more."),
    ),
    "rejected.terms_of_service": Stop(
        said("Stripe closed the account: it does what Stripe's terms forbid."),
        said("Only Stripe's support can tell more."),
    ),
    "rejected.listed": Stop(
        said("Stripe closed the account: it is on a list of persons Stripe must not serve."),
        said("Only Stripe's support can tell more."),
    ),
    "rejected.incomplete_verification": Stop(
        said("Stripe closed the account: its details could not be verified."),
        said("Only Stripe's support can tell more."),
    ),
    "rejected.other": Stop(
        said("Stripe closed the account."), said("Only Stripe's support can tell more.")
    ),
    "other": Stop(
        said("Stripe stopped the account and is looking into it."),
        said("Look for Stripe's e-mail to the account's owner."),
    ),
}
_BY_PLATFORM = Stop(
    said("the platform closed the account."),
    said("The platform's owner can tell more."),
)


def disabled(reason: str) -> Stop | None:
    """`requirements.disabled_reason`; None when nothing is stopped. Every word has a sentence."""
    if not reason:
        return None
    if reason.startswith("rejected.platform_"):
        return _BY_PLATFORM
    return DISABLED.get(reason, DISABLED["other"])


def requirement(name: str) -> Said:
    """One id of `requirements.currently_due` and the like, as a sentence."""
    for start, sentence in WHOLE.items():
        if name == start or name.startswith(f"{start}."):
            return sentence
    head, _, rest = name.partition(".")
    if head.startswith(("interv_", "documents")) or name.endswith(".form"):
        return said("An answer to a question of Stripe's, which is on its page.")
    who = PEOPLE.get(head, _PERSON if head.startswith("person_") else None)
    what = _part(head, rest)
    if who and what:
        return said("The {what} of {who}.", what=what, who=who)
    return together(f"{re.sub('[._]+', ' ', name).strip().capitalize()}.")


def _part(head: str, rest: str) -> Said | None:
    for end, word in PARTS:
        if rest == end or rest.startswith(f"{end}."):
            return COMPANY_PARTS.get(end, word) if head == "company" else word
    return None


def sentences(names: Iterable[str]) -> list[Said]:
    """Each thing once, though Stripe names day, month and year."""
    return list(dict.fromkeys(requirement(name) for name in names))
