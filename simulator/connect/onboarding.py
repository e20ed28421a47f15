"""What a page asks the holder of an account, in plain words, and what it does with the answers.

https://docs.stripe.com/connect/hosted-onboarding
"""

from dataclasses import dataclass
from typing import Any

from simulator.connect import details, persons, standing
from simulator.connect.requirements import Facts, facts, missing, wanted
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.webhooks import events

DOCUMENTS = (
    ("file_identity_document_success", "A document that is accepted"),
    ("file_identity_document_failure", "A document that is refused"),
)
TRADES = (
    ("5812", "Restaurant"),
    ("5814", "Fast food or café"),
    ("5411", "Grocery shop"),
    ("5651", "Clothing shop"),
    ("5999", "Other shop"),
    ("7230", "Hairdresser"),
    ("4121", "Taxi"),
)
KINDS = (
    ("individual", "A person, without a company"),
    ("company", "A company"),
    ("non_profit", "A charity or association"),
)
# Label, what the field holds already, and what kind of input it is, by the end of its name.
WORDS: dict[str, tuple[str, str, str]] = {
    "business_profile.mcc": ("What do you sell?", "5812", "trade"),
    "business_profile.url": ("Website", "https://shop.example", "url"),
    "business_profile.product_description": ("What you sell, in a sentence", "Lunch", "text"),
    "statement_descriptor": ("Name on your customers' card statements", "SHOP", "text"),
    "company.name": ("Registered name", "Corner Shop Inc.", "text"),
    "first_name": ("First name", "Jenny", "text"),
    "last_name": ("Last name", "Rosen", "text"),
    "email": ("E-mail", "jenny@example.com", "email"),
    "tax_id": ("Tax number", "000000000", "text"),
    "phone": ("Phone", "+12015550123", "tel"),
    "relationship.title": ("Position in the company", "Owner", "text"),
    "dob.day": ("Day of birth", "1", "number"),
    "dob.month": ("Month of birth", "1", "number"),
    "dob.year": ("Year of birth", "1901", "number"),
    "address.line1": ("Street and number", "1 Main Street", "text"),
    "address.city": ("Town", "Springfield", "text"),
    "address.state": ("State or province", "IL", "text"),
    "address.postal_code": ("Postcode", "62701", "text"),
    "ssn_last_4": ("Social security number, last 4", "0000", "text"),
    "id_number": ("Personal identity number", "000000000", "text"),
    "owners_provided": ("Nobody else owns a quarter or more of it", "true", "check"),
    "external_account.routing_number": ("Routing number", "110000000", "text"),
    "external_account.account_number": ("Account number or IBAN", "000123456789", "text"),
    "document": ("Document", DOCUMENTS[0][0], "document"),
}
GROUPS = {
    "business_profile": "Your business",
    "settings": "Your business",
    "company": "Your company",
    "individual": "About you",
    "representative": "Who acts for the company",
    "owners": "Who owns the company",
    "external_account": "Where your money goes",
}
TERMS = ("tos_acceptance.date", "tos_acceptance.ip")
WRONG_NUMBER = "111111111"


@dataclass(slots=True)
class Question:
    """One input of the form; `name` is the requirement it answers."""

    name: str
    label: str
    value: str
    kind: str


def ask(world: World, account: Record, link: Record) -> dict[str, list[Question]]:
    """What is due, or may be changed, group by group."""
    known = facts(world, account)
    found: dict[str, list[Question]] = {}
    for name in due(world, account, link):
        if name in (*TERMS, "business_type"):
            continue
        for part in _parts(account, name):
            found.setdefault(_group(known, part), []).append(_question(known, part))
    return found


def due(world: World, account: Record, link: Record) -> list[str]:
    """By name, in the order in which a person would tell."""
    known = facts(world, account)
    requirements = account.data["requirements"]
    names = set(requirements[link.hidden["fields"]]) | set(missing(known))
    if account.hidden.get("vouched"):
        names = set(requirements[link.hidden["fields"]])
    if link.hidden["type"] == "account_update":
        shown = wanted(known).items()
        names |= {name for name, value in shown if value is not True and name != "external_account"}
    # Whoever has to name an owner does so as the person who acts for the company.
    if any(name.startswith("owners.") for name in names):
        names = {name for name in names if not name.startswith("owners.")}
        names.add("company.owners_provided")
    return sorted(names, key=_place)


def needs_kind(world: World, account: Record, link: Record) -> bool:
    """What else is due depends on who the holder is."""
    return "business_type" in missing(facts(world, account)) and not account.hidden.get("vouched")


def _place(name: str) -> tuple[int, int, str]:
    groups, words = list(GROUPS), list(WORDS)
    head = name.split(".")[0]
    ending = next((each for each in words if name == each or name.endswith(f".{each}")), words[-1])
    return (groups.index(head) if head in groups else 4, words.index(ending), name)


def _parts(account: Record, name: str) -> list[str]:
    """A bank account is asked for by its numbers."""
    if name != "external_account":
        return [name]
    numbers = ["account_number"]
    if account.data["country"] == "US":
        numbers.insert(0, "routing_number")
    return [f"external_account.{each}" for each in numbers]


def _group(known: Facts, name: str) -> str:
    head = name.split(".")[0]
    person = next((each for each in known.persons if each.id == head), None)
    if person is not None:
        names = (person.data["first_name"], person.data["last_name"])
        return " ".join(filter(None, names)) or GROUPS["representative"]
    return GROUPS.get(head, "What else Stripe wants to know")


def _question(known: Facts, name: str) -> Question:
    ending = next((each for each in WORDS if name == each or name.endswith(f".{each}")), None)
    if ending is None:
        return Question(name, f"Done: {name}", "true", "check")
    label, sample, kind = WORDS[ending]
    return Question(name, label, _present(known, name) or _sample(known, name, sample), kind)


def _present(known: Facts, name: str) -> str:
    """What is known already, where it may be shown."""
    head, *rest = name.split(".")
    found: Any = known.account.data.get(head)
    if head == "company":
        found = known.company
    if head == "individual" and known.individual is not None:
        found = known.individual.data
    for person in known.persons:
        found = person.data if person.id == head else found
    for part in rest:
        found = found.get(part) if isinstance(found, dict) else None
    return "" if found in (None, True, False) or isinstance(found, (dict, list)) else str(found)


def _sample(known: Facts, name: str, sample: str) -> str:
    if name.endswith("statement_descriptor"):
        return str(known.account.data["business_profile"]["name"] or sample).upper()[:22]
    return sample


def answer(
    world: World, account: Record, told: dict[str, str], *, accept: Json | None, fail: bool
) -> None:
    """Take the answers. `accept` are the holder's terms and makes it a submission.

    `fail` plants the identity number that no register confirms.
    """
    before = clone(account.data)
    sent, people = _sorted_out(told, account.data["country"])
    if accept is not None:
        sent["tos_acceptance"] = accept
    details.write(world, account, sent)
    if accept is not None:
        account.hidden["submitted"] = True
    _write_people(world, account, people)
    if fail:
        _plant_failure(world, account)
    account.hidden["asked"] = [
        each for each in account.hidden["asked"] if not any(n.startswith(each) for n in told)
    ]
    standing.settle(world, account, sent, before=before)


def _sorted_out(told: dict[str, str], country: str) -> tuple[Json, dict[str, Json]]:
    """The account's own parameters, and those of people by who they are."""
    sent: Json = {}
    for name, text in told.items():
        *path, last = name.split(".")
        into = sent
        for part in path:
            into = into.setdefault(part, {})
        into[last] = _typed(last, text)
    people = {key: sent.pop(key) for key in list(sent) if key.startswith(("person_", "rep"))}
    bank = sent.get("external_account")
    if bank is not None:
        bank |= {"object": "bank_account", "country": country}
    return sent, people


def _typed(name: str, text: str) -> Any:
    if name in ("day", "month", "year"):
        return int(text)
    if name == "owners_provided":
        return text == "true"
    return {"front": text} if name in ("document", "additional_document") else text


def _write_people(world: World, account: Record, people: dict[str, Json]) -> None:
    for key, sent in people.items():
        known = facts(world, account)
        acting = known.related("representative") if key == "representative" else None
        record = acting or world.store.find("persons", account.id, key)
        if record is not None:
            persons.change(world, record, sent)
            continue
        related = sent.setdefault("relationship", {})
        related |= {"representative": True, "owner": True}
        events.emit(world, "person.created", persons.make(world, account, sent))


def _plant_failure(world: World, account: Record) -> None:
    for record in facts(world, account).persons:
        record.hidden["id_number"] = WRONG_NUMBER
        world.save(record)
