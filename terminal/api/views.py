"""`/api/v1/readers/` and `payments/`, and the sale itself: `orders/{id}/payments/`.

Every POST commits a promise and answers at once; what comes of it, the payment tells.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from payments.api.resources import CaptureInput, DetachInput
from payments.models import Customer, Method, Payment, SavedCard
from payments.services import captures, cash, increments, refunds
from payments.services.splitting import Split
from stores.api.base import ApiRequest, DetailView, ResourceView, find
from stores.api.commands import command
from stores.api.inputs import Nothing, read
from stores.api.paging import ListView
from stores.api.permissions import check_confirmed
from stores.api.preconditions import IF_MATCH, expected_version
from stores.api.resources import LinesInput
from stores.models import Location, Order
from stores.principals import Right
from terminal.api.errands import (
    ACTIONS,
    CUSTOMERS,
    CollectInput,
    CustomerSerializer,
    ReaderActionSerializer,
    SaveCardInput,
    SavedCardSerializer,
)
from terminal.api.resources import (
    LOCATIONS,
    PAYMENTS,
    READERS,
    REGISTRATIONS,
    LabelInput,
    LocationSerializer,
    PaymentSerializer,
    ReaderInput,
    ReaderRegistrationSerializer,
    ReaderSerializer,
    RefundInput,
    RegisterInput,
    ShowInput,
    StartInput,
)
from terminal.errors import UnknownCustomer, UnknownLocation, UnknownOrder, WrongReader
from terminal.models import Reader, ReaderAction, ReaderRegistration
from terminal.services import (
    attending,
    changing,
    confirming,
    detaching,
    displays,
    fleet,
    forms,
    freeing,
    readers,
    refunding,
    sales,
    saving,
)
from terminal.services.choosing import choose_reader


class PaymentView(ResourceView[Payment]):
    rows = PAYMENTS
    name = "payment"
    serializer_class = PaymentSerializer


class PaymentList(PaymentView, ListView[Payment]):
    """Payments, the newest first."""

    filters = {"store": "store_id", "order": "order_id"}
    newest_first = True


class PaymentDetail(PaymentView, DetailView[Payment]):
    """One payment."""


class StartPayment(PaymentView):
    @extend_schema(request=StartInput, responses={202: PaymentSerializer})
    @command(creates=True)
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Take what the order still owes, or a part of it: on a reader, PaymentIntent and reader in
        one call; or in cash, which is paid at once.
        """
        orders = Order.objects.for_principal(request.principal).select_related("store")
        order = find(orders, pk)
        form = read(StartInput, request)
        split = Split(**form.pop("split", {}))
        if form.pop("method") == Method.CASH:
            return cash.take_cash(order, by=request.principal, split=split)
        reader = choose_reader(order.store, by=request.principal, wanted=form.get("reader"))
        form.pop("reader", None)
        return sales.sell(order, reader, by=request.principal, split=split, **form)


class PaymentCommand(PaymentView):
    """Something to be done with a payment."""

    def payment(self, request: ApiRequest, pk: int) -> Payment:
        return find(Payment.objects.for_principal(request.principal), pk)


class ProcessPaymentIntent(PaymentCommand):
    @extend_schema(request=ReaderInput, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Try again on the same PaymentIntent: another card, or another reader. A payment that is
        on a reader moves to the one that is named.
        """
        payment = self.payment(request, pk)
        form = read(ReaderInput, request)
        wanted, by, reader = form.get("reader"), request.principal, None
        if wanted is not None:
            reader = choose_reader(payment.store, by=by, wanted=wanted)
        return sales.try_again(payment, by=by, reader=reader, take_over=form.get("take_over"))


class ChangeOrder(PaymentCommand):
    @extend_schema(request=LinesInput, responses={202: PaymentSerializer}, parameters=[IF_MATCH])
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Put these lines in place of the order's, and ask for what they cost. `If-Match` says
        which version of the order you saw. If a card was approved first, the payment wins.
        """
        payment = self.payment(request, pk)
        version = expected_version(request)
        lines = read(LinesInput, request)["lines"]
        return changing.change_order(payment, lines, version=version, by=request.principal)


class CollectPaymentMethod(PaymentCommand):
    @extend_schema(request=ReaderInput, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Ask for a card that is looked at before it is charged; or, when one was read, for
        another.
        """
        payment = self.payment(request, pk)
        form = read(ReaderInput, request)
        wanted, by, reader = form.get("reader"), request.principal, None
        if wanted is not None:
            reader = choose_reader(payment.store, by=by, wanted=wanted)
        return confirming.collect(payment, by=by, reader=reader, take_over=form.get("take_over"))


class ConfirmPaymentIntent(PaymentCommand):
    @extend_schema(request=Nothing, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Charge the card that was read, before `confirm_before`."""
        payment = self.payment(request, pk)
        read(Nothing, request)
        return confirming.confirm(payment, by=request.principal)


class CancelPayment(PaymentCommand):
    @extend_schema(request=Nothing, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Cancel, or release the hold. If a card was approved first, the payment wins."""
        payment = self.payment(request, pk)
        read(Nothing, request)
        return sales.cancel_payment(payment, by=request.principal)


class CapturePayment(PaymentCommand):
    @extend_schema(request=CaptureInput, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Take the money that is held, or what the delivered lines cost, with or without a tip."""
        payment = self.payment(request, pk)
        return captures.capture(payment, by=request.principal, **read(CaptureInput, request))


class IncrementAuthorization(PaymentCommand):
    @extend_schema(request=LinesInput, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Hold more for lines that are added to the order. If the bank refuses, none is added."""
        payment = self.payment(request, pk)
        lines = read(LinesInput, request)["lines"]
        return increments.increment_authorization(payment, lines, by=request.principal)


class RefundPayment(PaymentCommand):
    @extend_schema(request=RefundInput, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Give money back: all that is left, a part, or what came back of the order's lines. What
        comes of it, `refunds` tells.
        """
        payment = self.payment(request, pk)
        form = read(RefundInput, request)
        by, wanted = request.principal, form.pop("reader", None)
        above = refunds.is_above_cashiers(payment, form.get("amount"), form.get("pieces"))
        if above and by.may(Right.APPROVE, payment.store_id):
            check_confirmed(request)
        if wanted is None and not refunds.is_interac(payment):
            return refunds.refund(payment, by=by, **form).payment
        reader = choose_reader(payment.store, by=by, wanted=wanted)
        return refunding.refund_on(reader, payment, by=by, **form).payment


class DetachPayment(PaymentCommand):
    @extend_schema(request=DetachInput, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Take a payment in doubt off its order, which can then be paid in another way. Managers
        only; the payment is watched, and canceled or named for a refund, when Stripe tells.
        """
        payment = self.payment(request, pk)
        reason = read(DetachInput, request)["reason"]
        if request.principal.may(Right.DETACH_PAYMENTS, payment.store_id):
            check_confirmed(request)
        return detaching.detach(payment, by=request.principal, reason=reason)


class CheckStatus(PaymentCommand):
    @extend_schema(request=Nothing, responses={202: PaymentSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Payment:
        """Have Stripe asked now, whatever webhooks say."""
        payment = self.payment(request, pk)
        read(Nothing, request)
        return sales.check_status(payment)


class LocationView(ResourceView[Location]):
    rows = LOCATIONS
    name = "location"
    serializer_class = LocationSerializer


class LocationList(LocationView, ListView[Location]):
    """Where readers stand, in the order of their ids; retired ones too."""


class LocationDetail(LocationView, DetailView[Location]):
    """One location."""


class ReaderView(ResourceView[Reader]):
    rows = READERS
    name = "reader"
    serializer_class = ReaderSerializer


class ReaderList(ReaderView, ListView[Reader]):
    """The card readers, in the order of their ids; and how another comes to them."""

    @extend_schema(request=RegisterInput, responses={202: ReaderRegistrationSerializer})
    def post(self, request: ApiRequest) -> Response:
        """Register the reader that shows this code, at a location of the store. For managers. What
        comes of it, the registration tells.
        """
        view = ReaderRegistrationDetail(request=request, format_kwarg=None, kwargs={})
        return view.register(request)


class ReaderDetail(ReaderView, DetailView[Reader]):
    """One card reader."""

    @extend_schema(request=LabelInput, responses={202: ReaderSerializer})
    @command()
    def patch(self, request: ApiRequest, pk: int) -> Reader:
        """Give it another label, which shows once Stripe said yes. For managers."""
        reader = find(Reader.objects.for_principal(request.principal), pk)
        return readers.rename(reader, read(LabelInput, request)["label"], by=request.principal)


class ReaderRegistrationDetail(DetailView[ReaderRegistration]):
    """A registration and what became of it."""

    rows = REGISTRATIONS
    name = "reader-registration"
    serializer_class = ReaderRegistrationSerializer

    @command(creates=True)
    def register(self, request: ApiRequest) -> ReaderRegistration:
        by, form = request.principal, read(RegisterInput, request)
        location = Location.objects.for_principal(by).filter(pk=form["location"]).first()
        if location is None:
            raise UnknownLocation
        replaces = None
        if "replaces" in form:
            known = Reader.objects.for_principal(by).filter(store=location.store_id)
            replaces = known.filter(pk=form["replaces"]).first()
            if replaces is None:
                raise WrongReader(gettext("This store has no such reader in use."))
        code, label = form["registration_code"], form["label"]
        return fleet.register(
            location=location, registration_code=code, label=label, by=by, replaces=replaces
        )


class ReaderCommand(ReaderView):
    """Something to be done with a reader."""

    def reader(self, request: ApiRequest, pk: int) -> Reader:
        reader = find(Reader.objects.for_principal(request.principal), pk)
        read(Nothing, request)
        return reader


class SetReaderDisplay(ReaderCommand):
    @extend_schema(request=ShowInput, responses={202: ReaderSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Reader:
        """Show the order's cart while nothing else is on the reader, and keep it in step."""
        reader = find(Reader.objects.for_principal(request.principal), pk)
        form = read(ShowInput, request)
        displays.show(order_of(request, reader, form), reader, by=request.principal)
        return reader


def order_of(request: ApiRequest, reader: Reader, form: dict[str, Any]) -> Order:
    """The named order of the reader's store. Raises UnknownOrder."""
    orders = Order.objects.for_principal(request.principal).filter(store=reader.store_id)
    order = orders.filter(pk=form["order"]).first()
    if order is None:
        raise UnknownOrder(gettext("This store has no such order."))
    return order


class ReaderActionView(ResourceView[ReaderAction]):
    rows = ACTIONS
    name = "reader-action"
    serializer_class = ReaderActionSerializer


class ReaderActionDetail(ReaderActionView, DetailView[ReaderAction]):
    """One thing a reader was asked to do; when it changes, the reader's `version` grows."""


class CollectInputs(ReaderActionView):
    @extend_schema(request=CollectInput, responses={202: ReaderActionSerializer})
    @command(creates=True)
    def post(self, request: ApiRequest, pk: int) -> ReaderAction:
        """Have the reader ask the customer of an order: e-mail, phone, signature, choices …"""
        reader = find(Reader.objects.for_principal(request.principal), pk)
        form = read(CollectInput, request)
        order = order_of(request, reader, form)
        return forms.collect(order, reader, form["inputs"], by=request.principal)


class ProcessSetupIntent(ReaderActionView):
    @extend_schema(request=SaveCardInput, responses={202: ReaderActionSerializer})
    @command(creates=True)
    def post(self, request: ApiRequest, pk: int) -> ReaderAction:
        """Save a card for a customer, with the cardholder's consent and without a charge."""
        by = request.principal
        reader = find(Reader.objects.for_principal(by).select_related("store"), pk)
        form = read(SaveCardInput, request)
        form.pop("consent")
        again, known = form.pop("saved_card", None), form.pop("customer", None)
        if again is not None:
            cards = SavedCard.objects.for_principal(by).filter(store=reader.store_id)
            card = cards.filter(pk=again).first()
            if card is None:
                raise UnknownCustomer(gettext("This store has no such card."))
            return saving.try_again(card, reader, by=by)
        customer = None
        if known is not None:
            customers = Customer.objects.for_principal(by).filter(store=reader.store_id)
            customer = customers.filter(pk=known).first()
            if customer is None:
                raise UnknownCustomer(gettext("This store has no such customer."))
        return saving.save_card(reader.store, reader, by=by, customer=customer, **form)


class CustomerView(ResourceView[Customer]):
    rows = CUSTOMERS
    name = "customer"
    serializer_class = CustomerSerializer


class CustomerList(CustomerView, ListView[Customer]):
    """Customers with their cards, the newest first."""

    filters = {"store": "store_id"}
    newest_first = True


class CustomerDetail(CustomerView, DetailView[Customer]):
    """One customer, with the cards that are saved."""


class SavedCardView(ResourceView[SavedCard]):
    rows = SavedCard.objects.all()
    name = "saved-card"
    serializer_class = SavedCardSerializer


class SavedCardList(SavedCardView, ListView[SavedCard]):
    """Cards that are saved or to be saved, the newest first."""

    filters = {"store": "store_id", "customer": "customer_id"}
    newest_first = True


class SavedCardDetail(SavedCardView, DetailView[SavedCard]):
    """One card."""


class RetireReader(ReaderCommand):
    @extend_schema(request=Nothing, responses={202: ReaderSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Reader:
        """Take it out of use for good, here and at Stripe; its history stays. For managers."""
        return readers.retire(self.reader(request, pk), by=request.principal)


class CancelAction(ReaderCommand):
    @extend_schema(request=Nothing, responses={202: ReaderSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Reader:
        """Free the reader. The payment it waits for stays open for another try; a form or a card to
        be saved is given up, and when nothing of that is on it, its cart is cleared.
        """
        reader = self.reader(request, pk)
        freeing.cancel_action(reader, by=request.principal)
        return reader


class RefreshReader(ReaderCommand):
    @extend_schema(request=Nothing, responses={202: ReaderSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> Reader:
        """Have Stripe asked what the reader is and does now."""
        reader = self.reader(request, pk)
        attending.ring(reader.pk)
        return reader
