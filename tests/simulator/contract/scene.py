"""A little world with one of everything."""

from functools import cached_property
from typing import Any

from .. import people
from ..conftest import Simulator
from ..holder import Holder
from .parameters import Tree
from .recipes import CANADIAN, onboarding_link

# The ids of an operation's path, and parameters with which it works.
Prepared = tuple[tuple[str, ...], Tree]


class Scene:
    """Objects to ask about; those that a request uses up are made anew for it."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.v1 = simulator.v1

    # Lasting objects

    @cached_property
    def own(self) -> str:
        """An account whose holder tells the platform everything."""
        return self.v1.accounts.create(people.company()).id

    @cached_property
    def person(self) -> str:
        return self.new_person()

    @cached_property
    def bank(self) -> str:
        return self.new_bank()

    @cached_property
    def express(self) -> str:
        """Onboarded by its holder."""
        wanted: Any = {"type": "express", "capabilities": people.WISHES}
        made = self.v1.accounts.create(wanted).id
        holder = Holder(self.simulator.http, onboarding_link(self.simulator, made))
        holder.press("next")
        holder.press("submit")
        return made

    @cached_property
    def dispute(self) -> str:
        return str(self.simulator.tell("dashboard/dispute", id=self.simulator.pay(9000).id)["id"])

    @cached_property
    def file(self) -> str:
        picture = {"file": ("splash.png", b"\x89PNG\r\n\x1a\n", "image/png")}
        headers = {"Authorization": "Bearer sk_test_x"}
        data = {"purpose": "terminal_reader_splashscreen"}
        post = self.simulator.http.post
        return str(post("/v1/files", data=data, files=picture, headers=headers).json()["id"])

    @cached_property
    def funds(self) -> None:
        self.simulator.pay(90_000)
        self.simulator.tell("clock", advance=2 * 24 * 3600)

    @cached_property
    def payout(self) -> str:
        return self.pay_out()

    @cached_property
    def account(self) -> str:
        return self.simulator.account()

    @cached_property
    def location(self) -> str:
        return self.simulator.location()

    @cached_property
    def reader(self) -> str:
        return self.simulator.reader(location=self.location)

    @cached_property
    def customer(self) -> str:
        return self.v1.customers.create().id

    @cached_property
    def paid(self) -> Any:
        """A destination charge with a fee, some of it refunded."""
        paid = self.simulator.pay(
            9000,
            transfer_data={"destination": self.account},
            application_fee_amount=900,
            on_behalf_of=self.account,
        )
        self.v1.refunds.create({"payment_intent": paid.id, "amount": 500})
        return paid

    @cached_property
    def interac(self) -> str:
        return str(self.simulator.pay(9000, "interac", **CANADIAN).id)

    @cached_property
    def own_charge(self) -> str:
        """One whose money the platform has kept so far."""
        return str(self.simulator.pay(9000).latest_charge.id)

    @cached_property
    def configuration(self) -> str:
        return self.v1.terminal.configurations.create({"name": "Counter"}).id

    @cached_property
    def setup_intent(self) -> str:
        return self.v1.setup_intents.create({"payment_method_types": ["card_present"]}).id

    @cached_property
    def endpoint(self) -> str:
        created = self.v1.webhook_endpoints.create
        return created({"url": "http://127.0.0.1:9/", "enabled_events": ["charge.expired"]}).id

    @cached_property
    def payment_method(self) -> str:
        """A card of the customer's."""
        card = self.card()
        self.v1.payment_methods.attach(card, {"customer": self.customer})
        return card

    @cached_property
    def event(self) -> str:
        self.intent()
        return self.v1.events.list({"limit": 1}).data[0].id

    @cached_property
    def transfer_reversal(self) -> str:
        transfer = self.paid.latest_charge.transfer
        return self.v1.transfers.reversals.create(transfer, {"amount": 10}).id

    @cached_property
    def fee_refund(self) -> str:
        fee = self.paid.latest_charge.application_fee
        return self.v1.application_fees.refunds.create(fee, {"amount": 10}).id

    @cached_property
    def refund(self) -> str:
        return self.v1.refunds.list({"payment_intent": self.paid.id}).data[0].id

    # What a request uses up

    def intent(self, **params: Any) -> str:
        return str(self.simulator.intent(1000, **params).id)

    def held(self, **options: Any) -> str:
        reader, intent = self.reader, self.intent(capture_method="manual", **options)
        self.simulator.process(reader, intent)
        self.simulator.present(reader)
        return intent

    def new_person(self) -> str:
        wanted: Any = {"relationship": {"representative": True}}
        return self.v1.accounts.persons.create(self.own, wanted).id

    def new_bank(self) -> str:
        created = self.v1.accounts.external_accounts.create
        return created(self.own, {"external_account": "btok_us"}).id

    def pay_out(self) -> str:
        _ = self.funds
        return self.v1.payouts.create({"amount": 100, "currency": "usd"}).id

    def paid_out(self) -> str:
        payout = self.pay_out()
        self.simulator.tell("clock", advance=3 * 24 * 3600)
        return payout

    def rejected(self) -> str:
        account = Scene(self.simulator).own
        self.v1.accounts.reject(account, {"reason": "other"})
        return account

    def collected(self) -> Prepared:
        intent = self.intent()
        self.v1.terminal.readers.collect_payment_method(self.reader, {"payment_intent": intent})
        self.simulator.present(self.reader)
        return (self.reader,), {"payment_intent": intent}

    def charge_of(self, intent: str) -> str:
        return str(self.v1.payment_intents.retrieve(intent).latest_charge)

    def card(self) -> str:
        created = self.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
        return created.id

    def asking(self) -> str:
        form: Any = [{"type": "text", "custom_text": {"title": "Your name?"}}]
        self.v1.terminal.readers.collect_inputs(self.reader, {"inputs": form})
        return self.reader

    def waiting(self, **config: Any) -> str:
        self.simulator.process(self.reader, self.intent(), **config)
        return self.reader
