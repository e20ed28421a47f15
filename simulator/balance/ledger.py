"""The book of each account: its balance transactions, and the balance they add up to.

https://docs.stripe.com/api/balance_transactions, /api/balance, /reports/reporting-categories
"""

from collections import Counter
from collections.abc import Iterable

from simulator.api.lists import equal_to, page
from simulator.api.routes import LIST, Call, operation
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World
from simulator.webhooks import events

DAY = 24 * 3600
CATEGORIES = {
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "payment": "charge",
    "payment_refund": "refund",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "stripe_fee": "fee",
    "transfer_refund": "transfer_reversal",
}


def book(
    world: World,
    account: str,
    type: str,
    source: str | None,
    amount: int,
    currency: str,
    *,
    fees: Iterable[Json] = (),
    available_on: int = 0,
    category: str | None = None,
    description: str | None = None,
) -> Record:
    """Money comes (or, with a negative amount, goes); at once unless `available_on` is later."""
    fees = list(fees)
    fee = sum(each["amount"] for each in fees)
    now = world.clock.now()
    record = world.new(
        "balance_transactions",
        account,
        {
            "id": world.ids.new("txn_"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": max(available_on, now),
            "balance_type": "payments",
            "created": now,
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": fees,
            "net": amount - fee,
            "reporting_category": category or CATEGORIES.get(type, type),
            "source": source,
            "status": "pending",  # or available: that is a matter of the hour
            "type": type,
        },
        {"payout": None},
    )
    _add(world, record)
    return record


def settles_on(world: World, account: str) -> int:
    """When a payment of this moment becomes available: days later, at midnight UTC."""
    days = world.get(account).data["settings"]["payouts"]["schedule"]["delay_days"]
    later: int = world.clock.now() + days * DAY
    return later - later % DAY


def available_with(world: World, transaction: str | None) -> int:
    """What undoes a booking is available with it, never before."""
    if transaction is None:
        return world.clock.now()
    available_on: int = world.get(transaction).data["available_on"]
    return max(available_on, world.clock.now())


def available(world: World, account: str, currency: str) -> int:
    """What can be paid out or transferred now."""
    found: int = _totals(world, account).data["available"].get(currency, 0)
    return found


def total(world: World, account: str, currency: str) -> int:
    """What is available and what is still to come."""
    return available(world, account, currency) + _pending(world, account)[currency]


def everything_available(world: World, account: str) -> dict[str, int]:
    """By currency."""
    return dict(_totals(world, account).data["available"])


def note_payout(world: World, payout: Record) -> None:
    """An automatic payout consists of what became available since the last one, and itself.

    Looks no further back than to the oldest booking that no payout has taken yet.
    """
    totals, currency, now = (
        _totals(world, payout.account),
        payout.data["currency"],
        world.clock.now(),
    )
    settled = totals.data["settled"].get(currency, 0)
    waiting = 0
    for each in world.store.shelf(payout.account, "balance_transactions").older_than(None):
        if each.seq <= settled:
            break
        if each.data["currency"] != currency or each.hidden["payout"] is not None:
            continue
        if each.data["available_on"] > now:
            waiting = each.seq
            continue
        each.hidden["payout"] = payout.id
        world.save(each)
    newest = next(world.store.shelf(payout.account, "balance_transactions").older_than(None)).seq
    totals.data["settled"][currency] = waiting - 1 if waiting else newest
    world.save(totals)


def release(world: World, account: str, at: str) -> None:
    """The hour has come for what was pending until then."""
    totals = _totals(world, account)
    sums: Counter[str] = Counter(totals.data["available"])
    sums.update(totals.data["due"].pop(at, {}))
    totals.data["available"] = dict(sums)
    world.save(totals)
    # A balance has no id, so it is no record; for the event we make it look like one.
    events.emit(
        world, "balance.available", Record("balances", "", account, 0, _shown(world, account))
    )


def _add(world: World, transaction: Record) -> None:
    """To what is available, or to what falls due on that day."""
    data = transaction.data
    totals = _totals(world, transaction.account)
    sums, at = totals.data["available"], str(data["available_on"])
    if data["available_on"] > world.clock.now():
        if at not in totals.data["due"]:
            delay = data["available_on"] * 1000 - world.clock.now_ms()
            world.agenda.schedule(delay, "funds_available", account=transaction.account, at=at)
        sums = totals.data["due"].setdefault(at, {})
    sums[data["currency"]] = sums.get(data["currency"], 0) + data["net"]
    world.save(totals)


def _totals(world: World, account: str) -> Record:
    """By currency: what is `available`, and `due` by the time it will be, so that nobody has to
    sum it up; and up to which booking it is all `settled` by automatic payouts."""
    id = f"balance_{account}"
    found = world.store.find("balances", account, id)
    return found or world.new(
        "balances", account, {"id": id, "available": {}, "due": {}, "settled": {}}
    )


def _pending(world: World, account: str) -> Counter[str]:
    sums: Counter[str] = Counter()
    for due in _totals(world, account).data["due"].values():
        sums.update(due)
    return sums


def _shown(world: World, account: str) -> Json:
    """The Balance object. All money here comes from cards, and Stripe reserves none of it."""
    here: Counter[str] = Counter(_totals(world, account).data["available"])
    pending = _pending(world, account)
    default = world.get(account).data["default_currency"]
    currencies = sorted({default, *here, *pending})
    shown: Json = {"object": "balance", "available": _rows(here, currencies)}
    if account == PLATFORM:
        shown["connect_reserved"] = [{"amount": 0, "currency": each} for each in currencies]
    return shown | {"livemode": False, "pending": _rows(pending, currencies)}


def _rows(sums: Counter[str], currencies: list[str]) -> list[Json]:
    return [
        {"amount": sums[each], "currency": each, "source_types": {"card": sums[each]}}
        for each in currencies
    ]


def retrieve_balance(call: Call) -> Json:
    return _shown(call.world, call.account)


def retrieve(call: Call) -> Record:
    return call.find("balance_transactions", "balance transaction")


def list_(call: Call) -> Json:
    """With `payout`, those that an automatic payout paid out."""
    params = call.params
    same = equal_to(params, "currency", "source", "type")
    return page(
        call,
        "balance_transactions",
        lambda record: same(record) and params.get("payout") in (None, record.hidden["payout"]),
    )


OPERATIONS = [
    operation(
        "GET",
        "/v1/balance",
        "balance.retrieve",
        retrieve_balance,
        "BalanceRetrieveParams",
        "balance",
    ),
    operation(
        "GET",
        "/v1/balance_transactions/{id}",
        "balance_transactions.retrieve",
        retrieve,
        "BalanceTransactionRetrieveParams",
        "balance_transaction",
    ),
    operation(
        "GET",
        "/v1/balance_transactions",
        "balance_transactions.list",
        list_,
        "BalanceTransactionListParams",
        "balance_transaction",
        takes=f"{LIST} created currency payout source type",
    ),
]
