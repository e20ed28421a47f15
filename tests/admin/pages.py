"""Where the admin's pages are, and a row of every model to look at."""

from typing import Any

from django.urls import reverse

from payments.models import (
    Approval,
    CaptureRun,
    CardRule,
    Customer,
    Difference,
    Dispute,
    FeeMovement,
    FeePlan,
    InboundEvent,
    Incident,
    Onboarding,
    Payment,
    ReceiptEmail,
    Reconciliation,
    Refund,
    SavedCard,
    StripeRequest,
)
from stores.models import LogEntry
from terminal.models import (
    ChargeModelSwitch,
    CollectedInputs,
    DefaultReader,
    FleetDifference,
    Reader,
    ReaderAction,
    ReaderConfiguration,
    ReaderRegistration,
)
from tests import factories, factories_money

MODELS = [
    Approval,
    CaptureRun,
    FeePlan,
    FeeMovement,
    Payment,
    Refund,
    Dispute,
    ReceiptEmail,
    StripeRequest,
    InboundEvent,
    Incident,
    Reconciliation,
    Difference,
    Reader,
    ReaderAction,
    DefaultReader,
    ChargeModelSwitch,
    FleetDifference,
    ReaderRegistration,
    CardRule,
    ReaderConfiguration,
    Customer,
    SavedCard,
    CollectedInputs,
    Onboarding,
]
OF_ACCOUNTS: dict[type, Any] = {
    InboundEvent: factories_money.InboundEventFactory,
    Reconciliation: factories_money.ReconciliationFactory,
    Onboarding: factories_money.OnboardingFactory,
}
OF_PAYMENTS: dict[type, Any] = {
    Approval: factories_money.ApprovalFactory,
    Refund: factories_money.RefundFactory,
    Dispute: factories_money.DisputeFactory,
    ReceiptEmail: factories_money.ReceiptEmailFactory,
    StripeRequest: factories_money.StripeRequestFactory,
    Incident: factories_money.IncidentFactory,
    Difference: factories_money.DifferenceFactory,
}
WITHOUT_MONEY: dict[type, Any] = {
    CaptureRun: lambda store: (
        factories_money.RunPaymentFactory.create(payment__order__store=store).run
    ),
    FeePlan: lambda store: factories_money.plan_fee(store, 100),
    FeeMovement: lambda store: factories_money.take_fee(
        factories_money.PaidPaymentFactory.create(order__store=store), 100
    ),
    CardRule: lambda store: factories_money.CardRuleFactory.create(store=store),
    ReaderConfiguration: lambda store: factories_money.ReaderConfigurationFactory.create(
        store=store
    ),
    Customer: lambda store: factories_money.SavedCardFactory.create(customer__store=store).customer,
    SavedCard: lambda store: factories_money.SavedCardFactory.create(customer__store=store),
    ChargeModelSwitch: lambda store: factories_money.ChargeModelSwitchFactory.create(store=store),
    FleetDifference: lambda store: factories_money.FleetDifferenceFactory.create(
        reader__location__store=store
    ),
    ReaderRegistration: lambda store: factories_money.ReaderRegistrationFactory.create(
        location__store=store
    ),
    CollectedInputs: lambda store: factories_money.CollectedInputsFactory.create(
        action__order__store=store
    ),
}
# What an account pays the platform: tests/admin/test_fees.py says who sees it.
OF_OWNERS = (FeePlan, FeeMovement)
OF_STORES = [model for model in MODELS if model not in (*OF_ACCOUNTS, *OF_OWNERS)]
OF_MONEY = [
    model
    for model in MODELS
    if model
    not in (
        DefaultReader,
        ChargeModelSwitch,
        FleetDifference,
        ReaderRegistration,
        CardRule,
        ReaderConfiguration,
        Onboarding,
        *OF_OWNERS,
    )
]
# Every page of a payment, a reader and an incident that is not Django's own.
BUTTONS = [
    (Payment, "confirm"),
    (Payment, "capture"),
    (Payment, "capture-with-tip"),
    (Payment, "capture-keeping-tip"),
    (Payment, "capture-without-tip"),
    (Payment, "capture-part"),
    (Payment, "release"),
    (Payment, "cancel"),
    (Payment, "check-status"),
    (Payment, "refund"),
    (Payment, "refund-lines"),
    (Payment, "detach"),
    (Payment, "email-receipt"),
    (Reader, "refresh"),
    (Reader, "free"),
    (Reader, "show-cart"),
    (Reader, "test"),
    (Reader, "confirm"),
    (Reader, "rename"),
    (Reader, "move"),
    (Reader, "retire"),
    (FleetDifference, "take"),
    (FleetDifference, "send"),
    (FleetDifference, "adopt"),
    (FleetDifference, "retire"),
    (FleetDifference, "leave"),
    (Incident, "resolve"),
    (Approval, "approve"),
    (Approval, "decline"),
]


def url(model, view, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def page(row, view="change"):
    return url(type(row), view, row.pk)


def make(model, store):
    """A row of the model in this store, with all it points at and something in its log."""
    if model in OF_ACCOUNTS:
        return OF_ACCOUNTS[model].create(stripe_account=store.account.stripe_id)
    if model in WITHOUT_MONEY:
        return WITHOUT_MONEY[model](store)
    order = factories.OrderFactory.create(store=store)
    reader = factories_money.ReaderFactory.create(
        location__store=store, label=f"Till of {store.name}"
    )
    if model is Reader:
        return reader
    if model is DefaultReader:
        return factories_money.DefaultReaderFactory.create(device__store=store, reader=reader)
    payment = factories_money.PaymentFactory.create(
        order=order, device=factories.DeviceFactory.create(store=store)
    )
    LogEntry.objects.write(
        store=store,
        order=order,
        payment_id=payment.pk,
        subject="payment",
        subject_id=payment.pk,
        verb="created",
        message="Payment of 10.00 USD.",
    )
    if model is Payment:
        return payment
    if model is ReaderAction:
        return factories_money.ReaderActionFactory.create(payment=payment, reader=reader)
    return OF_PAYMENTS[model].create(payment=payment)
