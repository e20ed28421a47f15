"""What Stripe still wants to know of an account before it may charge and be paid.

https://docs.stripe.com/connect/required-verification-information. Ours is the ordinary case of
each kind of business: no directors, no thresholds.
"""

from dataclasses import dataclass, field
from typing import Any

from simulator.state.store import Json, Record
from simulator.state.world import World

WITH_STATE = frozenset(("US", "CA", "AU"))
WITHOUT_POSTCODE = frozenset(("HK", "AE"))
# https://docs.stripe.com/connect/testing#test-dates-of-birth and below it.
PASSING_BIRTHS = ((1, 1, 1901), (1, 1, 1902))
WRONG_NUMBERS = ("111111111", "1111")
AT_ONCE = ("222222222",)
NO_MATCH = "address_no_match"
IDENTITY = (
    "verification_failed_keyed_identity",
    "The identity information you entered cannot be verified. Please correct any errors or upload "
    "a document that matches the identity fields (e.g., name and date of birth) that you entered.",
)
ADDRESS = (
    "verification_failed_address_match",
    "The address could not be verified. Please upload a document that shows it.",
)
TAX_ID = (
    "verification_failed_tax_id_match",
    "The business's tax ID could not be verified. Please upload a document that shows it.",
)


@dataclass(slots=True)
class Facts:
    """An account with all that is known about it, shown or not."""

    account: Record
    company: Json
    persons: list[Record] = field(default_factory=list)

    @property
    def individual(self) -> Record | None:
        id = self.account.hidden.get("individual")
        return next((each for each in self.persons if each.id == id), None)

    def related(self, how: str) -> Record | None:
        return next((each for each in self.persons if each.data["relationship"][how]), None)


def facts(world: World, account: Record) -> Facts:
    persons = list(world.store.shelf(account.id, "persons").records.values())
    return Facts(account, account.hidden.get("company") or {}, persons)


def missing(known: Facts) -> list[str]:
    """The fields that nobody has filled in yet, by name."""
    return sorted(name for name, value in wanted(known).items() if not value)


def wanted(known: Facts) -> Json:
    """All that an account of this kind tells, with what is known of it."""
    data = known.account.data
    found = _business(known) | {
        "business_type": data["business_type"],
        "external_account": data["external_accounts"]["data"],
        "tos_acceptance.date": data["tos_acceptance"]["date"],
        "tos_acceptance.ip": data["tos_acceptance"]["ip"],
    }
    if data["business_type"] == "individual":
        return found | _person("individual", known.individual, data["country"])
    if data["business_type"] is None:
        return found | _first_of_all(known)
    return found | _company(known)


def _first_of_all(known: Facts) -> Json:
    """Before the kind of business is known, and with it whether a US person's address matters."""
    country = known.account.data["country"]
    wanted = _person("representative", known.related("representative"), country)
    if country != "US":
        return wanted
    later = ("address", "phone", "ssn_last_4")
    return {name: value for name, value in wanted.items() if name.split(".")[1] not in later}


def _business(known: Facts) -> Json:
    data = known.account.data
    requested = known.account.hidden.get("requested", {})
    if requested and "card_payments" not in requested:
        return {}
    profile = data["business_profile"]
    wanted = {
        "business_profile.mcc": profile["mcc"],
        "business_profile.url": profile["url"] or profile["product_description"],
    }
    if data["country"] == "US":
        descriptor = data["settings"]["payments"]["statement_descriptor"]
        wanted["settings.payments.statement_descriptor"] = descriptor
    return wanted


def _person(name: str, record: Record | None, country: str) -> Json:
    """Of someone who is named already, the fields go by their id."""
    known: Json = record.data if record else {}
    prefix = record.id if record and name != "individual" else name
    wanted = {each: known.get(each) for each in ("email", "first_name", "last_name", "phone")}
    born = known.get("dob") or {}
    wanted |= {f"dob.{part}": born.get(part) for part in ("day", "month", "year")}
    wanted |= _address(known.get("address"), country)
    if country == "US":
        wanted["ssn_last_4"] = known.get("ssn_last_4_provided") or known.get("id_number_provided")
    return {f"{prefix}.{each}": value for each, value in wanted.items()}


def _company(known: Facts) -> Json:
    country = known.account.data["country"]
    company = known.company
    representative = known.related("representative")
    wanted = {
        "company.name": company.get("name"),
        "company.phone": company.get("phone"),
        "company.tax_id": company.get("tax_id_provided"),
    }
    wanted |= {f"company.{k}": v for k, v in _address(company.get("address"), country).items()}
    wanted |= _person("representative", representative, country)
    prefix = representative.id if representative else "representative"
    titled = representative and representative.data["relationship"]["title"]
    wanted[f"{prefix}.relationship.title"] = titled
    if not company.get("owners_provided"):
        named = known.related("owner") is not None
        wanted |= dict.fromkeys(["company.owners_provided"]) if named else _OWNERS
    return wanted


_OWNERS: Json = dict.fromkeys(("owners.email", "owners.first_name", "owners.last_name"))


def _address(known: Json | None, country: str) -> Json:
    parts = ["city", "line1"]
    parts += ["postal_code"] if country not in WITHOUT_POSTCODE else []
    parts += ["state"] if country in WITH_STATE else []
    return {f"address.{part}": (known or {}).get(part) for part in parts}


def alternatives(due: list[str]) -> list[Json]:
    if "business_profile.url" not in due:
        return []
    return [
        {
            "alternative_fields_due": ["business_profile.product_description"],
            "original_fields_due": ["business_profile.url"],
        }
    ]


def failures(known: Facts) -> list[Json]:
    """What the registers do not confirm, by Stripe's test values."""
    found: list[Json] = []
    individual = known.account.data["business_type"] == "individual"
    for record in known.persons:
        prefix = "individual" if record is known.individual else record.id
        if individual and record is not known.individual:
            continue
        checked = record.data["verification"]
        if not _confirmed(record) and not _proves(checked["document"]):
            found.append(_error(f"{prefix}.verification.document", *IDENTITY))
        if _unknown_address(record.data) and not _proves(checked["additional_document"]):
            found.append(_error(f"{prefix}.verification.additional_document", *ADDRESS))
    company = known.company
    wrong_tax_id = known.account.hidden.get("tax_id") in WRONG_NUMBERS
    if not individual and wrong_tax_id and not _proves(company["verification"]["document"]):
        found.append(_error("company.verification.document", *TAX_ID))
    return found


def answered_at_once(known: Facts) -> bool:
    """Some test values are judged within the request."""
    born = [tuple((each.data["dob"] or {}).values()) for each in known.persons]
    numbers = [each.hidden.get("id_number") for each in known.persons]
    numbers.append(known.account.hidden.get("tax_id"))
    return (1, 1, 1902) in born or any(number in AT_ONCE for number in numbers)


def _confirmed(record: Record) -> bool:
    born = record.data["dob"] or {}
    numbers = (record.hidden.get("id_number"), record.hidden.get("ssn_last_4"))
    birth: tuple[Any, ...] = (born.get("day"), born.get("month"), born.get("year"))
    if birth not in (*PASSING_BIRTHS, (None, None, None)):
        return False
    return not any(number in WRONG_NUMBERS for number in numbers)


def _unknown_address(data: Json) -> bool:
    return (data["address"] or {}).get("line1") == NO_MATCH


def _proves(document: Json) -> bool:
    front = document["front"]
    return front is not None and "failure" not in front


def _error(requirement: str, code: str, reason: str) -> Json:
    return {"code": code, "reason": reason, "requirement": requirement}
