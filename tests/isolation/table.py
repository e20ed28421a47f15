"""What the matrix asks. A new model, address or kind of principal is one line here.

Every address of Django's resolver and of the OpenAPI document must be found in this table, or
`test_every_address_is_in_the_table` fails and names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from payments.models import (
    Approval,
    BalanceTransaction,
    Customer,
    DayClose,
    InboundEvent,
    Payment,
    Payout,
    ReceiptEmail,
    Reconciliation,
    SavedCard,
)
from stores import models as stores
from stores.models import Account, Device, Location, Membership, Order, Product, Role, Store
from terminal.models import FleetDifference, Reader, ReaderAction, ReaderRegistration
from tests import factories, factories_money
from tests.admin.pages import MODELS, make

JSON = dict[str, Any]

# Whose rows there are: a store, another store of the same company, a store of another company.
OWN, SISTER, FOREIGN = PLACES = ("own", "sister", "foreign")

# Principals: where they work as what. People log in; a device has a token.


@dataclass(frozen=True)
class Who:
    works: tuple[str, ...] = ()
    role: Role | None = None  # None: a tablet, or nobody
    is_revoked: bool = False
    is_superuser: bool = False
    reason: str | None = None  # of support; "" is none, and lets nobody look

    @property
    def is_support(self) -> bool:
        return self.reason is not None

    @property
    def sees(self) -> tuple[str, ...]:
        return PLACES if self.is_superuser or self.reason else () if self.is_revoked else self.works

    @property
    def is_let_in(self) -> bool:
        """Whether they are somebody here at all, though there may be nothing for them to see."""
        return bool(self.sees) or self.is_support

    @property
    def hidden(self) -> list[str]:
        return [place for place in PLACES if place not in self.sees]

    @property
    def asked_for(self) -> list[str]:
        """Hidden places whose ids they try: to a stranger one store of a company is as another."""
        return [place for place in self.hidden if place != SISTER or OWN in self.sees]


PRINCIPALS = {
    "anonymous": Who(),
    "a device": Who((OWN,)),
    "a revoked device": Who((OWN,), is_revoked=True),
    "a cashier": Who((OWN,), Role.CASHIER),
    "a manager": Who((OWN,), Role.MANAGER),
    "a manager of two stores": Who((OWN, SISTER), Role.MANAGER),
    "an owner": Who((OWN, SISTER), Role.OWNER),
    "a foreign device": Who((FOREIGN,)),
    "a foreign cashier": Who((FOREIGN,), Role.CASHIER),
    "a foreign manager": Who((FOREIGN,), Role.MANAGER),
    "a foreign owner": Who((FOREIGN,), Role.OWNER),
    "support without a reason": Who(reason=""),
    "support": Who(reason="A customer asked"),
    "the platform's owner": Who(is_superuser=True),
}
PEOPLE = {
    name: who for name, who in PRINCIPALS.items() if who.role or who.is_superuser or who.is_support
}


# Rows: how to make one of each model in a store. `mark` makes their words those of the place.


def line(store: Store) -> stores.OrderLine:
    order = factories.OrderFactory.create(store=store)
    return factories.OrderLineFactory.create(order=order, store=store)


def discount(store: Store) -> stores.Discount:
    its = line(store)
    return stores.Discount.objects.create(
        store=store,
        order=its.order,
        line=its,
        basis_points=1_000,
        amount=100,
        reason=stores.DiscountReason.OTHER,
        note=f"As {store.name} does.",
        device=factories.DeviceFactory.create(store=store),
    )


def entry(store: Store) -> stores.LogEntry:
    message = f"Opened at {store.name}."
    return stores.LogEntry.objects.write(
        store=store, subject="order", subject_id=1, verb="opened", message=message
    )


def client_request(store: Store) -> stores.ClientRequest:
    return stores.ClientRequest.objects.create(
        store=store,
        device=factories.DeviceFactory.create(store=store),
        key=f"key-of-{store.name}",
        fingerprint="0" * 64,
        resource_id=1,
    )


ROWS: dict[type[Model], Callable[[Store], Any]] = {
    Account: lambda store: store.account,
    Store: lambda store: store,
    Location: lambda store: factories.LocationFactory.create(store=store),
    Membership: lambda store: factories.MembershipFactory.create(store=store),
    Device: lambda store: factories.DeviceFactory.create(store=store),
    Product: lambda store: factories.ProductFactory.create(store=store),
    Order: lambda store: line(store).order,
    stores.OrderLine: line,
    stores.Discount: discount,
    stores.LogEntry: entry,
    stores.ClientRequest: client_request,
    DayClose: lambda store: factories_money.DayCloseFactory.create(store=store),
    Payout: lambda store: factories_money.PayoutFactory.create(account=store.account),
    BalanceTransaction: lambda store: factories_money.BalanceTransactionFactory.create(
        payment__order__store=store
    ),
    ReceiptEmail: lambda store: factories_money.ReceiptEmailFactory.create(
        payment__order__store=store
    ),
    **{model: lambda store, model=model: make(model, store) for model in MODELS},  # type: ignore[misc]
}
# Of a whole company: its stores share them.
OF_COMPANIES: set[type[Model]] = {Account, InboundEvent, Payout, Reconciliation}
NAMED: dict[type[Model], str] = {
    Account: "name",
    Store: "name",
    Location: "display_name",
    Device: "name",
    Product: "name",
    stores.OrderLine: "description",
    Reader: "label",
    Customer: "name",
    User: "username",
}


# The API: which row's id stands in the path, and bodies with ids of rows of other models.


@dataclass(frozen=True)
class Address:
    model: type[Model] | None = None
    bodies: list[JSON] = field(default_factory=list)


TEXT = {"type": "text", "custom_text": {"title": "Your name"}}
LINE = {"description": "Coffee", "unit_amount": 450, "quantity": 1}
API: dict[str, Address] = {
    "pair/": Address(),
    "token/": Address(),
    "cashiers/": Address(),
    "cashier/": Address(None, [{"cashier": Membership, "pin": "0000"}]),
    "stores/": Address(),
    "stores/<int:pk>/": Address(Store),
    "products/": Address(),
    "products/<int:pk>/": Address(Product),
    "orders/": Address(
        None, [{"store": Store, "lines": [LINE]}, {"lines": [{"product": Product, "quantity": 1}]}]
    ),
    "orders/<int:pk>/": Address(
        Order,
        [{"lines": [{"product": Product, "quantity": 1}]}, {"lines": [{"line": stores.OrderLine}]}],
    ),
    "orders/<int:pk>/discount/": Address(
        Order,
        [
            {"line": stores.OrderLine, "amount_off": 1, "reason": "staff"},
            {
                "basis_points": 1,
                "reason": "staff",
                "approver": {"cashier": Membership, "pin": "0000"},
            },
        ],
    ),
    "orders/<int:pk>/remove_discount/": Address(Order, [{"line": stores.OrderLine}]),
    "orders/<int:pk>/cancel/": Address(Order),
    "orders/<int:pk>/payments/": Address(Order, [{"reader": Reader}]),
    "payments/": Address(),
    "payments/<int:pk>/": Address(Payment),
    "payments/<int:pk>/timeline/": Address(Payment),
    "payments/<int:pk>/receipt/": Address(Payment, [{"email": "jenny@example.com"}]),
    "receipt_emails/": Address(),
    "receipt_emails/<int:pk>/": Address(ReceiptEmail),
    "payments/<int:pk>/process_payment_intent/": Address(
        Payment, [{"reader": Reader}, {"reader": Reader, "take_over": Payment}]
    ),
    "payments/<int:pk>/collect_payment_method/": Address(Payment, [{"reader": Reader}]),
    "payments/<int:pk>/confirm_payment_intent/": Address(Payment),
    "payments/<int:pk>/change_order/": Address(
        Payment, [{"lines": [{"product": Product, "quantity": 1}]}]
    ),
    "payments/<int:pk>/cancel/": Address(Payment),
    "payments/<int:pk>/detach/": Address(Payment, [{"reason": "The power was cut."}]),
    "payments/<int:pk>/capture/": Address(Payment),
    "payments/<int:pk>/increment_authorization/": Address(
        Payment, [{"lines": [{"product": Product, "quantity": 1}]}]
    ),
    "payments/<int:pk>/refunds/": Address(
        Payment,
        [
            {"reason": "requested_by_customer", "reader": Reader},
            {"lines": [{"line": stores.OrderLine, "quantity": 1}]},
        ],
    ),
    "payments/<int:pk>/check_status/": Address(Payment),
    "card_rules/": Address(),
    "unresolved/": Address(),
    "status/": Address(),
    "reconciliations/": Address(),
    "differences/": Address(),
    "fleet_differences/": Address(),
    "fleet_differences/<int:pk>/": Address(FleetDifference),
    "fleet_differences/<int:pk>/settle/": Address(FleetDifference),
    "locations/": Address(),
    "locations/<int:pk>/": Address(Location),
    "readers/": Address(
        None,
        [
            {"location": Location, "registration_code": "simulated-wpe", "label": "Bar"},
            {
                "location": Location,
                "registration_code": "simulated-wpe",
                "label": "Bar",
                "replaces": Reader,
            },
        ],
    ),
    "readers/<int:pk>/": Address(Reader),
    "readers/<int:pk>/configuration/": Address(Reader),
    "readers/<int:pk>/retire/": Address(Reader),
    "reader_registrations/<int:pk>/": Address(ReaderRegistration),
    "readers/<int:pk>/cancel_action/": Address(Reader),
    "readers/<int:pk>/refresh/": Address(Reader),
    "readers/<int:pk>/set_reader_display/": Address(Reader, [{"order": Order}]),
    "readers/<int:pk>/collect_inputs/": Address(Reader, [{"order": Order, "inputs": [TEXT]}]),
    "readers/<int:pk>/process_setup_intent/": Address(
        Reader,
        [
            {"customer": Customer, "consent": True, "allow_redisplay": "limited"},
            {"saved_card": SavedCard, "consent": True},
        ],
    ),
    "reader_actions/<int:pk>/": Address(ReaderAction),
    "customers/": Address(),
    "customers/<int:pk>/": Address(Customer),
    "payments/<int:pk>/refund_requests/": Address(
        Payment,
        [
            {"note": "Brought back."},
            {"note": "Brought back.", "lines": [{"line": stores.OrderLine, "quantity": 1}]},
        ],
    ),
    "approvals/": Address(),
    "approvals/<int:pk>/": Address(Approval),
    "approvals/<int:pk>/approve/": Address(Approval, [{}]),
    "approvals/<int:pk>/decline/": Address(Approval, [{}]),
    "saved_cards/": Address(),
    "saved_cards/<int:pk>/": Address(SavedCard),
    "live/": Address(),  # test_live.py
    "live/accounts/<int:pk>/": Address(),  # test_live.py
    "live/payments/<int:pk>/": Address(),  # test_live.py
    "schema/": Address(),
    "docs/": Address(),
    "": Address(),  # an address that is none
}

# The admin: pages of a model follow from the model. These are of none, and show no rows.
ADMIN = {
    "",
    "state/",  # what "" shows
    "trouble/state/",
    "login/",
    "logout/",
    "password_change/",
    "password_change/done/",
    "second_factor/",
    "confirm/",
    "support/",
    # Asked with every store by tests/isolation/test_reports.py.
    "reports/",
    "reports/day-close/close/",
    "reports/<slug:name>/",
    "reports/<slug:name>.csv",
    "reports/<slug:name>.xlsx",
    "jsi18n/",
    "search/",  # the palette: asked there with words
    "autocomplete/",  # test_admin.py asks it for every field of every model
    "r/<path:content_type_id>/<path:object_id>/",
    "^(?P<app_label>…)/$",
    "(?P<url>.*)$",
}
# Django's own, for the platform's owner alone: a row of any is in no store.
OF_THE_PLATFORM = {"auth/user", "auth/group", "stores/supportperson", "stores/supportaccess"}
OTHERS = {
    "/",  # leads to the admin's door
    "/healthz",
    "/readyz",
    "/language/",  # a cookie of whoever asks
    "/hooks/reader/<uuid:endpoint>/",
    "/hooks/general/<uuid:endpoint>/",
    # Who was invited, and nobody else: without a link of theirs there is nothing to see.
    "/onboarding/",
    "/onboarding/connect/",
    "/onboarding/connected/",
    "/onboarding/go/",
    "/onboarding/invitation/",
    "/onboarding/refresh/",
    "/onboarding/return/",
    "/onboarding/standing/",
    "/onboarding/standing/again/",
}

# What an API list may be asked by: the row whose id a filter takes.
FILTERS: dict[str, type[Model]] = {
    "store": Store,
    "order": Order,
    "payment": Payment,
    "customer": Customer,
    "reconciliation": Reconciliation,
    "location": Location,
    "reader": Reader,
}
