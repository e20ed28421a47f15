"""Another charge model for a store: its locations and readers move to the account that makes the
charges from then on.

Stripe moves neither: a location is created anew, a reader is registered anew by the code on its
screen. What was paid stays in the account where it was made, and is captured and refunded there,
for a payment keeps its own `stripe_account` and `destination`.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from payments.models import UNFINISHED, UNSETTLED, Payment, Refund, StripeRequest
from payments.services.bells import LIVE, notify
from stores.errors import DomainError
from stores.models import ChargeModel, Location, LogEntry, Store
from stores.principals import Kind, Principal, Right
from stores.services.accounts import standing_with
from terminal.models import ChargeModelSwitch, DefaultReader, Reader, ReaderRegistration
from terminal.services import lease, locations, readers

FEW = 10


class SwitchNotAllowed(DomainError):
    code = "charge_model_not_allowed"
    status = 403
    next_action = _("Ask the platform's owner.")
    default_message = _("You may not change how this store charges.")


class SwitchRefused(DomainError):
    """Something would be stranded in the account that is left."""

    code = "charge_model_not_switched"
    next_action = _("Finish what stands in the way, then switch.")


def obstacles(store: Store, to: str) -> list[str]:
    """What stands in the way, in plain words; empty when the store can switch now."""
    found = [*_about_the_account(store, to), *_open_payments(store), *_busy_readers(store)]
    waiting = _fleet_requests(store).filter(status__in=UNFINISHED).count()
    if waiting:
        found.append(
            gettext(
                "Stripe is still being told about locations or readers ({waiting} to go)."
            ).format(waiting=waiting)
        )
    return found


def _about_the_account(store: Store, to: str) -> list[str]:
    found = []
    if to not in ChargeModel.values or to == store.charge_model:
        found.append(
            gettext("{store} has {model} charges already.").format(
                store=store, model=store.charge_model
            )
        )
    if ChargeModelSwitch.objects.filter(store=store, finished_at=None).exists():
        found.append(
            gettext("The last switch is not finished: some readers wait to be registered anew.")
        )
    how = standing_with(store, to)
    if not how.takes_cards:
        found.append(how.message.spoken)
    return found


def _open_payments(store: Store) -> list[str]:
    payments = Payment.objects.open().filter(store=store).select_related("order")
    found = [
        gettext("The payment of order {number} is open: finish or cancel it.").format(
            number=payment.order.number
        )
        for payment in payments.order_by("pk")[:FEW]
    ]
    more = payments.count() - FEW
    if more > 0:
        said = ngettext(
            "… and {count} more open payment.", "… and {count} more open payments.", more
        )
        found.append(said.format(count=more))
    refunds = Refund.objects.filter(payment__store=store, status__in=UNSETTLED, reader_actions=None)
    if refunds.filter(payment__card__type="interac_present").exists():
        found.append(gettext("A refund that needs a reader is on its way."))
    return found


def _busy_readers(store: Store) -> list[str]:
    held = lease.HELD_BY_ANY.filter(reader__store=store)
    return [
        gettext("{reader} is busy with {name}.").format(
            reader=action.reader, name=lease.name(action)
        )
        for action in held[:FEW]
    ]


def _fleet_requests(store: Store) -> QuerySet[StripeRequest]:
    fleet = StripeRequest.objects.filter(store=store, path__startswith="/v1/terminal/")
    return fleet.filter(payment=None, reader_id=None)


def warnings(store: Store) -> list[str]:
    """What stays possible only by Stripe's Dashboard, or in cash."""
    interac = Payment.objects.filter(store=store, status="succeeded")
    if not interac.filter(card__type="interac_present").exists():
        return []
    return [
        gettext(
            "Interac payments that were made until now can then no longer be refunded on a reader,"
            " for the readers belong to another account: give cash back."
        )
    ]


def switch(store: Store, to: str, *, by: Principal, reason: str = "") -> ChargeModelSwitch:
    """Retire the readers, create the locations on the other side, and charge there from now on.

    Raises SwitchNotAllowed, SwitchRefused.
    """
    if by.kind != Kind.SYSTEM and not by.may(Right.CHANGE_CHARGE_MODEL, store.pk):
        raise SwitchNotAllowed
    with transaction.atomic():
        locked = Store.objects.select_for_update(of=("self",), no_key=True)
        store = locked.select_related("account").get(pk=store.pk)
        # A sale locks its reader before it is committed: what we see open then is all there is.
        used = Reader.objects.select_for_update(of=("self",), no_key=True)
        fleet = list(used.filter(store=store, retired_at=None).select_related("store__account"))
        refused = obstacles(store, to)
        if refused:
            raise SwitchRefused(" ".join(refused))
        row = _write_down(store, to, fleet, by=by, reason=reason)
        with override(None):  # as the log is kept
            switched = str(row)
        for reader in fleet:
            readers.give_up(reader, f"{reader} is to be registered anew: {switched}.", by=by)
            readers.delete_at_stripe(reader)
        _move(store, to, row, by=by)
        go_on(row)
    return row


def _write_down(
    store: Store, to: str, fleet: list[Reader], *, by: Principal, reason: str
) -> ChargeModelSwitch:
    tablets: dict[str, list[int]] = {str(reader.pk): [] for reader in fleet}
    for default in DefaultReader.objects.filter(reader__in=fleet):
        tablets[str(default.reader_id)].append(default.device_id)
    places = Location.objects.filter(store=store, retired_at=None, stripe_id__isnull=False)
    try:
        with transaction.atomic():
            return ChargeModelSwitch.objects.create(
                store=store,
                from_model=store.charge_model,
                to_model=to,
                from_account=store.stripe_account,
                places=dict(places.values_list("pk", "stripe_id")),
                readers=tablets,
                reason=reason,
                user_id=by.user_id,
            )
    except IntegrityError as error:
        raise SwitchRefused(gettext("Another switch of this store is not finished.")) from error


def _move(store: Store, to: str, row: ChargeModelSwitch, *, by: Principal) -> None:
    old = store.charge_model
    store.charge_model = to
    store.save(update_fields=["charge_model"])
    LogEntry.objects.write(
        store=store,
        subject="store",
        subject_id=store.pk,
        verb="charge_model",
        message=f"{store} has {to} charges from now on. {row.reason}".strip(),
        old=old,
        new=to,
        by=by,
    )
    places = Location.objects.filter(store=store, retired_at=None)
    for location in places.order_by("pk"):
        location.store = store
        location.stripe_id, location.stripe_account = None, store.stripe_account
        location.save(update_fields=["stripe_id", "stripe_account"])
        locations.push(location)


def go_on(row: ChargeModelSwitch) -> None:
    """What follows once Stripe deleted the readers: their old locations; and the end."""
    if row.finished_at is not None:
        return
    waiting = _fleet_requests(row.store).filter(status__in=UNFINISHED)
    if not waiting.filter(kind=readers.DELETE).exists():
        for tml in row.places.values():
            locations.delete_place(row.store, tml, row.from_account)
    if not row.readers:
        row.finished_at = timezone.now()
        row.save(update_fields=["finished_at"])


def reader_ended(request: StripeRequest) -> None:
    """A reader was deleted at Stripe, or was not."""
    row = _open_of(request.store_id)
    if row is not None:
        go_on(row)


def reader_came(registration: ReaderRegistration, reader: Reader) -> None:
    """A reader of the old account was registered on this side: its tablets use it again."""
    row = _open_of(reader.store_id)
    if row is None or registration.replaces_id is None:
        return
    tablets = row.readers.pop(str(registration.replaces_id), None)
    if tablets is None:
        return
    for device_id in tablets:
        DefaultReader.objects.update_or_create(
            device_id=device_id, defaults={"reader": reader, "store_id": reader.store_id}
        )
    row.save(update_fields=["readers"])
    go_on(row)
    notify(LIVE, "reader", reader.pk, reader.store_id)


def _open_of(store_id: int | None) -> ChargeModelSwitch | None:
    rows = ChargeModelSwitch.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(store=store_id, finished_at=None).select_related("store__account").first()


def finish(row: ChargeModelSwitch, *, by: Principal) -> None:
    """The readers that are missing will not come. Raises SwitchNotAllowed."""
    if by.kind != Kind.SYSTEM and not by.may(Right.CHANGE_CHARGE_MODEL, row.store_id):
        raise SwitchNotAllowed
    with transaction.atomic():
        locked = _open_of(row.store_id)
        if locked is not None:
            locked.readers = {}
            locked.save(update_fields=["readers"])
            go_on(locked)


def missing(row: ChargeModelSwitch) -> QuerySet[Reader]:
    """The readers that wait to be registered on the new side."""
    return Reader.objects.filter(pk__in=list(map(int, row.readers))).select_related("location")


def steps(row: ChargeModelSwitch) -> list[tuple[str, str, bool]]:
    """What is to be done, how far it is, and whether it is done."""
    requests = _fleet_requests(row.store).filter(created_at__gte=row.created_at)
    gone = requests.filter(stripe_account=row.from_account)
    places = Location.objects.filter(store=row.store, retired_at=None)
    created = places.filter(stripe_id__isnull=False, stripe_account=row.store.stripe_account)
    left = len(row.readers)
    return [
        _step(
            gettext("The readers are deleted in the old account"), gone.filter(kind=readers.DELETE)
        ),
        _step(gettext("The locations are deleted there"), gone.filter(kind=locations.DELETE)),
        (
            gettext("The locations are created in the new account"),
            gettext("{done} of {total}").format(done=created.count(), total=places.count()),
            created.count() == places.count(),
        ),
        (
            gettext("Each reader is registered by the code on its screen"),
            gettext("{left} to go").format(left=left) if left else gettext("all are"),
            not left,
        ),
    ]


def _step(words: str, asked: QuerySet[StripeRequest]) -> tuple[str, str, bool]:
    total, waiting = asked.count(), asked.filter(status__in=UNFINISHED).count()
    return (
        words,
        gettext("{done} of {total}").format(done=total - waiting, total=total)
        if total
        else gettext("none yet"),
        total > 0 and not waiting,
    )
