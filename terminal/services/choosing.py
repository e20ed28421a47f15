"""Which reader a sale goes to when the till names none, or names one."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from stores.models import Store
from stores.principals import Principal
from terminal.errors import WrongReader
from terminal.models import DefaultReader, Reader


def choose_reader(store: Store, *, by: Principal, wanted: int | None = None) -> Reader:
    """The named reader of this store; else the tablet's own, else the store's only one.

    Raises WrongReader. A reader of another store is as unknown as one that never was.
    """
    in_use = Reader.objects.for_principal(by).filter(store=store, is_active=True)
    if wanted is not None:
        named = in_use.filter(pk=wanted).first()
        if named is None:
            raise WrongReader(gettext("This store has no such reader in use."))
        return named
    own = DefaultReader.objects.filter(device=by.device_id, reader=OuterRef("pk"))
    some = list(in_use.annotate(is_own=Exists(own)).order_by("-is_own", "pk")[:2])
    if some and (some[0].is_own or len(some) == 1):
        return some[0]
    if not some:
        raise WrongReader(
            gettext("This store has no reader in use."),
            code="store_has_no_reader",
            next_action=gettext("Register a reader in the admin."),
        )
    raise WrongReader(
        gettext("This store has several readers."),
        code="reader_required",
        next_action=gettext(
            "Send `reader` with the id of one, or have a default set for this tablet."
        ),
    )
