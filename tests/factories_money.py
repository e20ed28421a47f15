"""Rows of payments/ and terminal/ for tests; a payment's order, store and currency go together."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from payments import models
from payments.transitions.codes import said_code
from stores.models import Store
from stores.sentences import parts_of, said, together
from terminal import models as terminal
from tests.factories import (
    AccountFactory,
    DeviceFactory,
    LocationFactory,
    OrderFactory,
    StoreFactory,
    UserFactory,
)


def plan_fee(store: Store, basis_points: int = 0, /, **terms: Any) -> models.FeePlan:
    """Have the store's account pay so much of each of its payments, since yesterday."""
    given = {
        "account": store.account,
        "currency": store.currency,
        "basis_points": basis_points,
        "effective_from": timezone.now() - timedelta(days=1),
    }
    return models.FeePlan.objects.create(**given | terms)


def take_fee(payment: models.Payment, amount: int, **more: Any) -> models.FeeMovement:
    """What Stripe lists of a payment's fee."""
    given = {
        "object_id": f"fee_test{models.FeeMovement.objects.count()}",
        "fee_id": "fee_test",
        "kind": models.MovementKind.TAKEN,
        "account": payment.store.account,
        "store": payment.store,
        "payment": payment,
        "charge_id": payment.latest_charge_id,
        "amount": amount,
        "currency": payment.currency,
        "created_at": timezone.now(),
    }
    return models.FeeMovement.objects.create(**given | more)


class PaymentFactory(DjangoModelFactory[models.Payment]):
    """An open payment over its order's total, which Stripe knows and no reader has."""

    class Meta:
        model = models.Payment

    order = SubFactory(OrderFactory)
    store = SelfAttribute("order.store")
    stripe_account = SelfAttribute("store.stripe_account")
    destination = LazyAttribute(
        lambda payment: "" if payment.stripe_account else payment.store.account.stripe_id
    )
    amount = SelfAttribute("order.total_amount")
    currency = SelfAttribute("order.currency")
    capture_method = "automatic"
    payment_intent_id = Sequence(lambda n: f"pi_test{n}")
    status = "requires_payment_method"
    state = models.State.STOPPED
    message = "Stopped. Nothing was charged. Try again or cancel."


class ApprovedPaymentFactory(PaymentFactory):
    """A hold on a card that takes a tip on the receipt in the US, not captured yet."""

    capture_method = "manual"
    status = "requires_capture"
    state = models.State.APPROVED
    message = "Approved, not captured yet. Capture or release it."
    amount_capturable = SelfAttribute("amount")
    amount_authorized = SelfAttribute("amount")
    overcapture_supported = True
    latest_charge_id = Sequence(lambda n: f"ch_test{n}")
    card = LazyFunction(lambda: {"type": "card_present", "brand": "visa", "last4": "4242"})
    capture_before = LazyFunction(lambda: timezone.now() + timedelta(days=2))


class PaidPaymentFactory(PaymentFactory):
    status = "succeeded"
    state = models.State.PAID
    message = "Paid."
    amount_received = SelfAttribute("amount")
    amount_authorized = SelfAttribute("amount")
    latest_charge_id = Sequence(lambda n: f"ch_test{n}")
    card = LazyFunction(lambda: {"type": "card_present", "brand": "visa", "last4": "4242"})
    ended_at = LazyFunction(timezone.now)


class CashPaymentFactory(DjangoModelFactory[models.Payment]):
    class Meta:
        model = models.Payment

    order = SubFactory(OrderFactory)
    store = SelfAttribute("order.store")
    method = "cash"
    amount = SelfAttribute("order.total_amount")
    currency = SelfAttribute("order.currency")
    capture_method = "automatic"
    status = "succeeded"
    state = models.State.PAID
    message = "Paid in cash."
    amount_received = SelfAttribute("amount")
    ended_at = LazyFunction(timezone.now)


class RunPaymentFactory(DjangoModelFactory[models.RunPayment]):
    """A payment of a run that one person started."""

    class Meta:
        model = models.RunPayment

    run = SubFactory("tests.factories_money.CaptureRunFactory")
    payment = SubFactory(ApprovedPaymentFactory)
    store = SelfAttribute("payment.store")


class CaptureRunFactory(DjangoModelFactory[models.CaptureRun]):
    class Meta:
        model = models.CaptureRun

    user = SubFactory(UserFactory)


class ReceiptEmailFactory(DjangoModelFactory[models.ReceiptEmail]):
    """A receipt on its way to a customer."""

    class Meta:
        model = models.ReceiptEmail

    payment = SubFactory(PaidPaymentFactory)
    store = SelfAttribute("payment.store")
    email = "jenny@example.com"
    language = "en"


class RefundFactory(DjangoModelFactory[models.Refund]):
    """10.00 that Stripe gave back; the payment's own sum is the test's to set."""

    class Meta:
        model = models.Refund

    payment = SubFactory(PaidPaymentFactory)
    store = SelfAttribute("payment.store")
    amount = 10_00
    reason = "requested_by_customer"
    refund_id = Sequence(lambda n: f"re_test{n}")
    charge_id = SelfAttribute("payment.latest_charge_id")
    status = models.RefundStatus.SUCCEEDED
    ended_at = LazyFunction(timezone.now)


class ApprovalFactory(DjangoModelFactory[models.Approval]):
    """A refund of 10.00 that waits for a second person."""

    class Meta:
        model = models.Approval

    payment = SubFactory(PaidPaymentFactory)
    store = SelfAttribute("payment.store")
    amount = 10_00
    reason = "requested_by_customer"
    note = "The customer brought it back."
    device = SubFactory(DeviceFactory, store=SelfAttribute("..store"))
    expires_at = LazyFunction(lambda: timezone.now() + timedelta(hours=24))


class DisputeFactory(DjangoModelFactory[models.Dispute]):
    """10.00 that a bank took back, to be answered within a week."""

    class Meta:
        model = models.Dispute

    payment = SubFactory(PaidPaymentFactory)
    store = SelfAttribute("payment.store")
    dispute_id = Sequence(lambda n: f"du_test{n}")
    charge_id = SelfAttribute("payment.latest_charge_id")
    amount = 10_00
    reason = "product_not_received"
    status = "needs_response"
    respond_before = LazyFunction(lambda: timezone.now() + timedelta(days=7))


class StripeRequestFactory(DjangoModelFactory[models.StripeRequest]):
    """A capture that waits to be sent."""

    class Meta:
        model = models.StripeRequest

    payment = SubFactory(PaymentFactory)
    store = SelfAttribute("payment.store")
    stripe_account = SelfAttribute("payment.stripe_account")
    kind = "payment_intent.capture"
    path = LazyAttribute(lambda row: f"/v1/payment_intents/{row.payment.payment_intent_id}/capture")
    idempotency_key = Sequence(lambda n: f"test:{n}")


class InboundEventFactory(DjangoModelFactory[models.InboundEvent]):
    class Meta:
        model = models.InboundEvent

    endpoint = "00000000-0000-4000-8000-000000000000"
    event_id = Sequence(lambda n: f"evt_test{n}")
    type = "payment_intent.succeeded"
    created_at = LazyFunction(timezone.now)
    received_at = LazyFunction(timezone.now)
    next_try_at = LazyFunction(timezone.now)
    claimed_until = LazyFunction(timezone.now)
    body = "{}"


class IncidentFactory(DjangoModelFactory[models.Incident]):
    class Meta:
        model = models.Incident

    payment = SubFactory(PaymentFactory)
    store = SelfAttribute("payment.store")
    stripe_account = SelfAttribute("payment.stripe_account")
    kind = "moved_backwards"
    message = said(
        "Stripe says {there}, but {here} was read before.",
        there=said_code("requires_payment_method"),
        here=said_code("succeeded"),
    )
    said = LazyAttribute(lambda incident: parts_of(incident.message))


class ReconciliationFactory(DjangoModelFactory[models.Reconciliation]):
    """A night of the platform's account that nobody has begun with."""

    class Meta:
        model = models.Reconciliation

    since = LazyFunction(lambda: timezone.now() - timedelta(days=3))
    until = LazyFunction(timezone.now)
    finished_at = LazyFunction(timezone.now)


class OnboardingFactory(DjangoModelFactory[models.Onboarding]):
    """A retailer who was invited, and of whom Stripe has said nothing yet."""

    class Meta:
        model = models.Onboarding
        exclude = ("stripe_account",)

    stripe_account = ""  # there is none yet
    name = Sequence(lambda n: f"Retailer {n}")
    email = "jenny@example.com"
    country = "US"


class DifferenceFactory(DjangoModelFactory[models.Difference]):
    class Meta:
        model = models.Difference

    reconciliation = SubFactory(ReconciliationFactory)
    payment = SubFactory(PaymentFactory)
    store = SelfAttribute("payment.store")
    kind = "news_missed"
    object_id = Sequence(lambda n: f"pi_differs{n}")
    message = together(
        said(
            "Stripe says {there}, here it is {here}.",
            there=said_code("succeeded"),
            here=said_code("requires_payment_method"),
        ),
        said("No webhook told us."),
    )
    said = LazyAttribute(lambda line: parts_of(line.message))


class DayCloseFactory(DjangoModelFactory[models.DayClose]):
    """Yesterday, with nothing missing."""

    class Meta:
        model = models.DayClose

    store = SubFactory(StoreFactory)
    currency = SelfAttribute("store.currency")
    day = LazyFunction(lambda: (timezone.now() - timedelta(days=1)).date())
    counted_cash = 10_00
    expected_cash = 10_00
    difference = 0
    payments = 1
    received = 10_00
    refunded = 0
    note = Sequence(lambda n: f"canary_note{n}")
    closed_by = SubFactory(UserFactory)


class PayoutFactory(DjangoModelFactory[models.Payout]):
    """10.00 less a fee of 0.30, on its way to the bank."""

    class Meta:
        model = models.Payout

    account = SubFactory(AccountFactory)
    payout_id = Sequence(lambda n: f"po_test{n}")
    amount = 9_70
    currency = "usd"
    status = "paid"
    is_automatic = True
    reconciliation_status = models.COMPLETED
    arrival_date = LazyFunction(lambda: timezone.now().date())
    created_at = LazyFunction(timezone.now)
    read_at = LazyFunction(timezone.now)
    listed_at = LazyFunction(timezone.now)
    transactions = 1
    charged = 10_00
    fees = 30


class BalanceTransactionFactory(DjangoModelFactory[models.BalanceTransaction]):
    class Meta:
        model = models.BalanceTransaction

    payment = SubFactory(PaidPaymentFactory)
    store = SelfAttribute("payment.store")
    payout = SubFactory(PayoutFactory, account=SelfAttribute("..payment.store.account"))
    transaction_id = Sequence(lambda n: f"txn_test{n}")
    type = "charge"
    category = "charge"
    amount = 10_00
    fee = 30
    net = 9_70
    currency = "usd"
    source_id = SelfAttribute("payment.latest_charge_id")
    created_at = LazyFunction(timezone.now)


class ReaderFactory(DjangoModelFactory[terminal.Reader]):
    class Meta:
        model = terminal.Reader

    location = SubFactory(LocationFactory)
    store = SelfAttribute("location.store")
    stripe_id = Sequence(lambda n: f"tmr_test{n}")
    stripe_account = SelfAttribute("store.stripe_account")
    label = Sequence(lambda n: f"Till {n}")
    device_type = "simulated_wisepos_e"
    status = "online"


class ChargeModelSwitchFactory(DjangoModelFactory[terminal.ChargeModelSwitch]):
    """All is where it belongs now."""

    class Meta:
        model = terminal.ChargeModelSwitch

    store = SubFactory(StoreFactory)
    from_model = "destination"
    to_model = "direct"
    finished_at = LazyFunction(timezone.now)


class FleetDifferenceFactory(DjangoModelFactory[terminal.FleetDifference]):
    """Its reader has another label at Stripe."""

    class Meta:
        model = terminal.FleetDifference

    reader = SubFactory(ReaderFactory)
    store = SelfAttribute("reader.store")
    stripe_account = SelfAttribute("reader.stripe_account")
    object_id = SelfAttribute("reader.stripe_id")
    kind = terminal.FleetKind.LABEL
    ours = SelfAttribute("reader.label")
    theirs = "Kasse"


class ReaderRegistrationFactory(DjangoModelFactory[terminal.ReaderRegistration]):
    """Stripe is about to be asked."""

    class Meta:
        model = terminal.ReaderRegistration

    location = SubFactory(LocationFactory)
    store = SelfAttribute("location.store")
    label = Sequence(lambda n: f"Till {n}")
    request = SubFactory(
        StripeRequestFactory,
        payment=None,
        store=SelfAttribute("..store"),
        stripe_account=SelfAttribute("..store.stripe_account"),
        kind="reader.create",
        path="/v1/terminal/readers",
    )


class ReaderActionFactory(DjangoModelFactory[terminal.ReaderAction]):
    """The reader has the payment and waits for a card."""

    class Meta:
        model = terminal.ReaderAction

    payment = SubFactory(PaymentFactory, state=models.State.WAITING_FOR_CARD)
    store = SelfAttribute("payment.store")
    reader = SubFactory(ReaderFactory, location__store=SelfAttribute("...payment.store"))
    type = terminal.ActionType.PROCESS_PAYMENT_INTENT
    attempt = 1
    status = terminal.ActionStatus.IN_PROGRESS
    accepted_at = LazyFunction(timezone.now)


class CollectedCardFactory(ReaderActionFactory):
    """A debit card was read and waits to be confirmed."""

    payment = SubFactory(
        PaymentFactory, flow="collect", status="requires_confirmation", state=models.State.COLLECTED
    )
    type = terminal.ActionType.COLLECT_PAYMENT_METHOD
    status = terminal.ActionStatus.COLLECTED
    card = LazyFunction(
        lambda: {
            "payment_method": "pm_test",
            "type": "card_present",
            "brand": "visa",
            "funding": "debit",
            "country": "US",
            "last4": "4242",
            "read_method": "contactless_emv",
        }
    )
    collected_at = LazyFunction(timezone.now)
    confirm_before = LazyFunction(lambda: timezone.now() + timedelta(seconds=20))


class CustomerFactory(DjangoModelFactory[models.Customer]):
    class Meta:
        model = models.Customer

    store = SubFactory(StoreFactory)
    stripe_account = SelfAttribute("store.stripe_account")
    stripe_id = Sequence(lambda n: f"cus_test{n}")
    name = "Jenny Rosen"
    email = Sequence(lambda n: f"jenny{n}@example.com")


class SavedCardFactory(DjangoModelFactory[models.SavedCard]):
    """A card that was saved."""

    class Meta:
        model = models.SavedCard

    customer = SubFactory(CustomerFactory)
    store = SelfAttribute("customer.store")
    stripe_account = SelfAttribute("customer.stripe_account")
    allow_redisplay = "limited"
    consent_at = LazyFunction(timezone.now)
    setup_intent_id = Sequence(lambda n: f"seti_test{n}")
    status = "succeeded"
    payment_method_id = Sequence(lambda n: f"pm_test{n}")
    brand = "visa"
    last4 = "4242"
    exp_month = 12
    exp_year = 2030
    ended_at = LazyFunction(timezone.now)


class FormActionFactory(DjangoModelFactory[terminal.ReaderAction]):
    """A customer has answered."""

    class Meta:
        model = terminal.ReaderAction

    order = SubFactory(OrderFactory)
    store = SelfAttribute("order.store")
    reader = SubFactory(ReaderFactory, location__store=SelfAttribute("...order.store"))
    type = terminal.ActionType.COLLECT_INPUTS
    status = terminal.ActionStatus.SUCCEEDED
    ended_at = LazyFunction(timezone.now)


class CollectedInputsFactory(DjangoModelFactory[terminal.CollectedInputs]):
    """An e-mail that was given, and a phone that was skipped."""

    class Meta:
        model = terminal.CollectedInputs

    action = SubFactory(FormActionFactory)
    store = SelfAttribute("action.store")
    order = SelfAttribute("action.order")
    asked = LazyFunction(lambda: [_asked("email", "Your e-mail"), _asked("phone", "Your phone")])
    inputs = LazyFunction(
        lambda: [
            _asked("email", "Your e-mail")
            | {"skipped": False, "email": {"value": "jenny@example.com"}},
            _asked("phone", "Your phone") | {"skipped": True, "phone": {"value": None}},
        ]
    )
    receipt_email = "jenny@example.com"


def _asked(type: str, title: str) -> dict[str, Any]:
    return {"type": type, "custom_text": {"title": title}}


class ReaderConfigurationFactory(DjangoModelFactory[terminal.ReaderConfiguration]):
    """Three percentages of a store that Stripe was not told yet."""

    class Meta:
        model = terminal.ReaderConfiguration

    store = SubFactory(StoreFactory)
    account = SelfAttribute("store.account")
    asks_for_tips = True
    percentages = LazyFunction(lambda: [15, 18, 20])


class DefaultReaderFactory(DjangoModelFactory[terminal.DefaultReader]):
    class Meta:
        model = terminal.DefaultReader

    device = SubFactory(DeviceFactory)
    store = SelfAttribute("device.store")
    reader = SubFactory(ReaderFactory, location__store=SelfAttribute("...device.store"))


class CardRuleFactory(DjangoModelFactory[models.CardRule]):
    """Prepaid cards are refused."""

    class Meta:
        model = models.CardRule

    store = SubFactory(StoreFactory)
    funding = "prepaid"
    effect = models.Effect.REFUSE
    sentence = "Prepaid cards are not taken."
