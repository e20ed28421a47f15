"""What was seen, as a table; whether it is good enough; and what is needed to look closer."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.processes import Stack
from tests.soak.journeys import JOURNEYS
from tests.soak.plan import FAULTS, TROUBLES, webhooks_at_least
from tests.soak.rarer import RARER
from tests.soak.run import Seen
from tests.soak.trouble import VICTIMS

JSON = dict[str, Any]
WEBHOOKS = ("lost", "late", "duplicated", "twin", "reordered")
ONCE = ("worker frozen", "redis flushed", "redis killed", "postgres restarted")
LATE = 1.5  # seconds
DOUBLE, LOST, LIED = ("S1", "S2", "S8"), ("S3", "S9", "X1", "X2"), ("U1",)


def count(seen: Seen) -> None:
    """What the simulator knows of webhooks and calls."""
    seen.webhooks, seen.calls = count_webhooks(seen.truth), count_calls(seen.truth)


def count_webhooks(truth: JSON) -> Counter[str]:
    """What happened to the webhooks, by what the simulator did and not by what it was told to."""
    events = truth["events"]
    place = {event["id"]: number for number, event in enumerate(events)}
    made = {event["id"]: event["created"] for event in events}
    counts: Counter[str] = Counter()
    newest: dict[tuple[str, str], int] = {}
    subject = {event["id"]: str(event["data"]["object"].get("id")) for event in events}
    for row in truth["deliveries"]:
        counts["attempts"] += 1
        counts["lost"] += row["outcome"] == "dropped"
        counts["duplicated"] += bool(row["duplicate"])
        counts["failed attempts"] += row["outcome"] in ("failed", "timed_out", "refused")
        if row["outcome"] != "delivered" or row["duplicate"]:
            continue
        counts["late"] += row["at"] / 1000 - made[row["event"]] > LATE + 1
        about = row["endpoint"], subject[row["event"]]
        counts["reordered"] += place[row["event"]] < newest.get(about, -1)
        newest[about] = max(newest.get(about, -1), place[row["event"]])
    changes = Counter(
        json.dumps([event["type"], event["created"], event["data"]], sort_keys=True)
        for event in events
    )
    counts["twin"] = sum(number - 1 for number in changes.values())
    counts["events"] = len(events)
    return counts


def count_calls(truth: JSON) -> Counter[str]:
    calls = [row for row in truth["exchanges"] if "test_helpers" not in row["path"]]
    return Counter({"all": len(calls), "faulted": sum(row["fault"] is not None for row in calls)})


def verdicts(seen: Seen) -> list[str]:
    """Why this soak is not good enough; empty when it is."""
    wrong = [f"BROKEN {each}" for each in seen.violations]
    wrong += [f"NOT SETTLED after {seen.settling:.0f} s: {row}" for row in seen.unsettled]
    wrong += [f"FAILED {each}" for each in seen.failures]
    if seen.tills["answers of 500"]:
        wrong.append(f"ERRORS: the API answered 500 {seen.tills['answers of 500']} times")
    for (journey, state), number in seen.outcomes.items():
        # A cashier may leave a payment that others look after: it has to come to rest in the end.
        if state in ("broke off", "never begun", "needs_attention"):
            wrong.append(f"NOT OVER: {number} times {journey} ended {state}")
    return wrong + [f"TOO RARE: {each}" for each in _too_rare(seen)]


def _too_rare(seen: Seen) -> Iterable[str]:
    """What happened so seldom that it proves nothing."""
    sales = seen.options.sales
    floors = [
        *((f"call {name}", seen.breaks[name], max(1, sales // 50)) for name in FAULTS),
        *((f"reader {name}", seen.troubles[name], max(1, sales // 100)) for name in TROUBLES),
        *((f"webhooks {name}", seen.webhooks[name], webhooks_at_least(sales)) for name in WEBHOOKS),
        *((f"{name} killed", seen.breaks[f"{name} killed"], 1) for name in VICTIMS),
        *((each, seen.breaks[each], 1) for each in ONCE),
        *((f"journey {name}", *often) for name, often in _journeys(seen).items()),
        *((f"journey {name}, in full", seen.did[name], sales // 100) for name in RARER),
        ("looks of the checker", seen.looks, max(3, int(seen.selling / 10))),
        ("money taken", _took_money(seen), sales // 2),
        ("calls to Stripe that were faulted, in a thousand", _per_thousand(seen), 120),
    ]
    for name, number, least in floors:
        if number < least:
            yield f"{name}: {number}, of {least} at least"


def _journeys(seen: Seen) -> dict[str, tuple[int, int]]:
    """How often each was made, and must have been: half of what its weight lets expect."""
    made: Counter[str] = Counter()
    for (journey, _), number in seen.outcomes.items():
        made[journey] += number
    every = sum(journey.weight for journey in JOURNEYS.values())
    return {
        name: (made[name], max(1, seen.options.sales * journey.weight // every // 2))
        for name, journey in JOURNEYS.items()
    }


def _took_money(seen: Seen) -> int:
    return sum(n for (_, state), n in seen.outcomes.items() if state in ("paid", "refunded"))


def _per_thousand(seen: Seen) -> int:
    return seen.calls["faulted"] * 1000 // max(seen.calls["all"], 1)


def table(seen: Seen) -> str:
    options = seen.options
    lines = [
        f"{options.sales} sales at {options.tills} tills in {seen.selling:.0f} s,"
        f" settled {seen.settling:.1f} s after the faults stopped (seed {options.seed})",
        "",
        "Sales, by what was wanted and what became of it",
    ]
    by_journey: dict[str, Counter[str]] = defaultdict(Counter)
    for (journey, state), number in seen.outcomes.items():
        by_journey[journey][state] += number
    for journey in JOURNEYS:
        ends = ", ".join(f"{n} {state}" for state, n in sorted(by_journey[journey].items()))
        full = f" ({seen.did[journey]} in full)" if journey in RARER else ""
        lines.append(f"  {journey:<34} {_journeys(seen)[journey][0]:>4}: {ends}{full}")
    faulted = f"{seen.calls['faulted']} of {seen.calls['all']} calls"
    lines += ["", f"Stripe's answers: {faulted} ({_per_thousand(seen) / 10:.0f} %)"]
    lines += _columns((name, seen.breaks[name]) for name in FAULTS)
    lines += ["", "Readers"]
    lines += _columns((name, seen.troubles[name]) for name in TROUBLES)
    struck = sum(seen.webhooks[name] for name in WEBHOOKS)
    share = struck * 100 // max(seen.webhooks["attempts"], 1)
    what = f"{seen.webhooks['events']} events, {seen.webhooks['attempts']} deliveries"
    lines += ["", f"Webhooks: {what}, {share} % of them not as they should be"]
    lines += _columns((name, seen.webhooks[name]) for name in (*WEBHOOKS, "failed attempts"))
    lines += ["", "Processes"]
    lines += _columns((n, c) for n, c in sorted(seen.breaks.items()) if n not in FAULTS)
    lines += ["", "Tills"]
    lines += _columns(sorted(seen.tills.items()))
    answers = sum(map(len, seen.history.answers.values()))
    lines += [
        "",
        f"{answers} answers to tills, {seen.frames} of them live; the checker looked"
        f" {seen.looks} times, and saw {seen.seen_once} things for a moment only",
        f"{_broken(seen, LOST)} lost, {_broken(seen, DOUBLE)} double,"
        f" {_broken(seen, LIED)} shown as failed while authorised,"
        f" {len(seen.violations)} promises broken in all",
    ]
    return "\n".join(lines)


def _broken(seen: Seen, rules: tuple[str, ...]) -> int:
    return sum(each.rule in rules for each in seen.violations)


def _columns(rows: Iterable[tuple[str, int]]) -> list[str]:
    return [f"  {name:<40} {number:>6}" for name, number in rows]


def write(folder: Path, seen: Seen, wrong: list[str], stack: Stack) -> None:
    """All that is needed to look closer: the books, Stripe's truth, the logs, each case alone."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text("\n".join([table(seen), "", *wrong, "", *seen.log]) + "\n")
    if not wrong:
        return
    for name, text in stack.logs(200_000).items():
        (folder / f"{name}.txt").write_text(text)
    if seen.books is None:
        return
    _dump(folder / "truth.json", seen.truth)
    _dump(folder / "books.json", vars(seen.books))
    subjects = {each.subject for each in seen.violations}
    subjects |= {row.partition(":")[0] for row in seen.unsettled}
    for subject in sorted(subjects):
        if payments := _payments_of(seen, subject):
            cases = [_case(seen, payment) for payment in payments]
            _dump(folder / f"{subject.replace(' ', '-')}.json", cases)


def _payments_of(seen: Seen, subject: str) -> list[JSON]:
    """The payments that `payment 7`, `order 3`, `request 9` … are about."""
    assert seen.books is not None
    kind, _, number = subject.partition(" ")
    rows = {
        "request": seen.books.requests,
        "refund": seen.books.refunds,
        "action": seen.books.actions,
    }
    ids = {row["payment_id"] for row in rows.get(kind, ()) if str(row["id"]) == number}
    return [
        row
        for row in seen.books.payments
        if row["id"] in ids
        or (kind == "payment" and str(row["id"]) == number)
        or (kind == "order" and str(row["order_id"]) == number)
    ]


def _case(seen: Seen, payment: JSON) -> JSON:
    """Everything about one payment, on both sides and on the wire."""
    books, intent = seen.books, payment["payment_intent_id"] or payment["uuid"]
    assert books is not None
    of = {"requests": books.requests, "actions": books.actions, "refunds": books.refunds}
    keys = {row["idempotency_key"] for row in books.requests if row["payment_id"] == payment["id"]}
    return {
        "payment": payment,
        **{
            name: [row for row in rows if row["payment_id"] == payment["id"]]
            for name, rows in (of | {"log": books.log}).items()
        },
        "exchanges": [
            row
            for row in seen.truth["exchanges"]
            if row["idempotency_key"] in keys or str(intent) in json.dumps(row)
        ],
        "events": [row for row in seen.truth["events"] if str(intent) in json.dumps(row)],
        "told to tills": seen.history.of(payment["id"]),
    }


def _dump(path: Path, what: Any) -> None:
    path.write_text(json.dumps(what, indent=1, default=str))
