"""What creating and updating an account tell about it: https://docs.stripe.com/api/accounts."""

from simulator.api.objects import merge_metadata, new_metadata, set_plain
from simulator.connect import abilities, external_accounts, persons, shapes
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks import events

NUMBERS = {"tax_id": "tax_id_provided", "vat_id": "vat_id_provided"}
# Acted on, or shown; the rest of what accounts take is accepted and changes nothing.
TAKES = (
    "business_profile business_type capabilities company default_currency email external_account "
    "individual metadata settings tos_acceptance"
)


def require_sensible(sent: Json) -> None:
    """Whatever is refused is refused before anything is written."""
    for each in (sent, sent.get("individual") or {}):
        new_metadata(each)
    if sent.get("external_account"):
        external_accounts.understood(sent["external_account"])


def write(world: World, account: Record, sent: Json) -> None:
    """Take all of it; whoever calls settles the account afterwards."""
    require_sensible(sent)
    data = account.data
    set_plain(data, sent, "email", "business_type")
    if "default_currency" in sent:
        data["default_currency"] = sent["default_currency"].lower()
    shapes.merge(data["business_profile"], sent.get("business_profile", {}))
    _write_settings(data, sent.get("settings", {}))
    shapes.merge(data["tos_acceptance"], sent.get("tos_acceptance", {}))
    abilities.change(world, account, sent.get("capabilities") or {})
    if "company" in sent:
        _write_company(account, sent["company"])
    if "individual" in sent:
        _write_individual(world, account, sent["individual"])
    if sent.get("external_account"):
        external_accounts.replace_default(world, account, sent["external_account"])
    merge_metadata(data, sent)


def _write_settings(data: Json, sent: Json) -> None:
    settings = data["settings"]
    shapes.merge(settings, sent)
    settings["dashboard"]["display_name"] = data["business_profile"]["name"]
    schedule = settings["payouts"]["schedule"]
    if schedule["delay_days"] == "minimum":
        schedule["delay_days"] = shapes.settings(data["country"])["payouts"]["schedule"][
            "delay_days"
        ]


def _write_company(account: Record, sent: Json) -> None:
    hidden = account.hidden
    company = hidden.setdefault("company", shapes.company())
    company["address"]["country"] = company["address"]["country"] or account.data["country"]
    for name, provided in NUMBERS.items():
        if sent.get(name):
            hidden[name] = sent[name]
            company[provided] = True
    left_out = (*NUMBERS, "registration_number")
    shapes.merge(company, {k: v for k, v in sent.items() if k not in left_out})


def _write_individual(world: World, account: Record, sent: Json) -> None:
    """The one person of an account of a natural person, made when first spoken of."""
    id = account.hidden.get("individual")
    if id is not None:
        persons.change(world, world.get(id), sent)
        return
    record = persons.make(world, account, sent)
    record.data["relationship"] |= {"owner": True, "representative": True}
    world.save(record)
    account.hidden["individual"] = record.id
    events.emit(world, "person.created", record)
