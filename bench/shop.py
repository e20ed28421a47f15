"""What benchmarks ask of the running system's database, as one of its processes.

`python -m bench.shop tills 4` pairs tablets and registers readers for them; `… legs` reads sales
from its standard input and tells how long each leg of them took; `… merged` reads payments, and
tells when they were paid. A line of JSON each.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django

JSON = dict[str, Any]


def tills(count: int) -> list[JSON]:
    """So many tablets of the demo's first store, each with a reader of its own."""
    from stores.models import Product, Store
    from stores.services.devices import pair_device
    from terminal.services.fleet import register_reader

    store = Store.objects.order_by("pk").first()
    assert store is not None
    location = store.locations.first()
    assert location is not None
    products = list(Product.objects.filter(store=store).values_list("pk", flat=True)[:2])
    found = []
    for number in range(count):
        label = f"Benchmark {number + 1}"
        reader = register_reader(location=location, registration_code="simulated-wpe", label=label)
        _, token = pair_device(store, label)
        stripe_id = reader.stripe_id
        found.append(
            {
                "token": token,
                "reader": reader.pk,
                "reader_stripe_id": stripe_id,
                "products": products,
            }
        )
    return found


def legs(sales: list[JSON]) -> list[JSON]:
    """The legs of each sale in milliseconds, in order; the names are shown as they are."""
    from payments.models import Payment

    ids = [sale["payment"] for sale in sales]
    rows = Payment.objects.filter(pk__in=ids).prefetch_related("requests").in_bulk()
    news = _news()
    return [_legs(sale, rows[sale["payment"]], news) for sale in sales]


def merged(ids: list[int]) -> JSON:
    """Of each payment its PaymentIntent, and when it was written down as paid."""
    from payments.models import Payment
    from stores.models import LogEntry

    entries = LogEntry.objects.filter(subject="payment", verb="state", new="paid")
    paid = {entry.subject_id: entry.at.timestamp() for entry in entries}
    intents = Payment.objects.filter(pk__in=ids).values_list("pk", "payment_intent_id")
    return {str(pk): {"payment_intent": intent, "paid": paid[pk]} for pk, intent in intents}


def _news() -> JSON:
    """When each PaymentIntent's success was received and handled, and each payment shown paid."""
    from payments.models import InboundEvent
    from stores.models import LogEntry

    events = InboundEvent.objects.filter(type="payment_intent.succeeded", handled_at__isnull=False)
    paid = LogEntry.objects.filter(subject="payment", verb="state", new="paid")
    return {
        "events": {e.object_id: e for e in events.defer("body")},
        "paid": {entry.subject_id: entry.at.timestamp() for entry in paid},
    }


def _legs(sale: JSON, payment: Any, news: JSON) -> JSON:
    create, process = sorted(payment.requests.all(), key=lambda request: request.pk)[:2]
    created = create.first_sent_at.timestamp()
    created_end = created + create.milliseconds / 1000
    processed = process.first_sent_at.timestamp()
    processed_end = processed + process.milliseconds / 1000
    moments = [
        ("start: the API answers", sale["started"], sale["answered"]),
        ("start: a worker takes it up", payment.created_at.timestamp(), created),
        ("start: Stripe makes the PaymentIntent", created, created_end),
        ("start: merged, and the next request planned", created_end, processed),
        ("start: Stripe hands it to the reader", processed, processed_end),
        ("start: merged, and the tablet hears", processed_end, sale["waiting"]),
    ]
    event = news["events"].get(payment.payment_intent_id)
    paid = news["paid"].get(payment.pk)
    if event is not None and paid is not None:
        received, handled = event.received_at.timestamp(), event.handled_at.timestamp()
        moments += [
            ("tap: reader, bank, and the webhook arrives", sale["tapped"], received),
            ("tap: the inbox rings the payment", received, handled),
            ("tap: a worker reads it and merges", handled, paid),
            ("tap: the tablet hears", paid, sale["paid"]),
        ]
    return {name: (end - begin) * 1000 for name, begin, end in moments}


def main(command: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")
    django.setup()
    commands: dict[str, Callable[[], Any]] = {
        "tills": lambda: tills(int(arguments[0])),
        "legs": lambda: legs(json.load(sys.stdin)),
        "merged": lambda: merged(json.load(sys.stdin)),
    }
    answer = commands[command]()
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
