"""Who asks, and which rows they may see: the one place that decides.

A device sees its store, as what its cashier is. A user sees the stores of their memberships, if
they are staff and active; the platform's owner (Django's superuser) sees and may do all; the
platform's support reads all while an access with a reason is open, and changes nothing. Everyone
and everything else sees nothing. Every queryset of a model that faces a person derives from
`StoreScopedQuerySet`; what may be done beyond looking is in `RIGHTS`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from stores.models import Device

M = TypeVar("M", bound=models.Model, covariant=True)


class Role(models.TextChoices):
    """What a person is in one store; a device counts as a cashier."""

    CASHIER = "cashier", _("Cashier")
    MANAGER = "manager", _("Manager")
    OWNER = "owner", _("Owner")


EVERYONE = frozenset(Role)
MANAGERS = frozenset({Role.MANAGER, Role.OWNER})
OWNERS = frozenset({Role.OWNER})
PLATFORM: frozenset[Role] = frozenset()  # nobody of a store, so the platform's owner alone


class Right(StrEnum):
    """What not everybody may do who may look."""

    PAIR_DEVICES = "pair_devices"
    REVOKE_DEVICES = "revoke_devices"
    DETACH_PAYMENTS = "detach_payments"
    APPROVE = "approve"  # what is above another's limit
    SET_PINS = "set_pins"
    MANAGE_PEOPLE = "manage_people"
    ONBOARD_ACCOUNTS = "onboard_accounts"
    SET_FEES = "set_fees"
    CHANGE_CHARGE_MODEL = "change_charge_model"
    MANAGE_READERS = "manage_readers"  # and the locations they stand at
    CLOSE_DAYS = "close_days"


# The roles in a store that have the right there. The platform's owner has every right.
RIGHTS: dict[Right, frozenset[Role]] = {
    Right.PAIR_DEVICES: MANAGERS,
    Right.REVOKE_DEVICES: MANAGERS,
    Right.DETACH_PAYMENTS: MANAGERS,
    Right.APPROVE: MANAGERS,
    Right.SET_PINS: MANAGERS,
    Right.MANAGE_PEOPLE: OWNERS,
    Right.ONBOARD_ACCOUNTS: OWNERS,
    Right.SET_FEES: PLATFORM,
    Right.CHANGE_CHARGE_MODEL: PLATFORM,
    Right.MANAGE_READERS: MANAGERS,
    Right.CLOSE_DAYS: MANAGERS,
}


class Kind(StrEnum):
    """What sort of actor a log row names."""

    DEVICE = "device"
    USER = "user"
    SYSTEM = "system"
    STRIPE = "stripe"


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone or something that looks or acts; make one with `of_device`, `of_user` or `of`."""

    kind: Kind
    device_id: int | None = None
    user_id: int | None = None
    store_id: int | None = None  # of a device
    role: Role | None = None  # of a device: its cashier's
    is_platform_owner: bool = False
    is_support: bool = False  # with an open access: reads all, changes nothing
    may_look: bool = False

    @classmethod
    def of_device(cls, device: "Device") -> Self:
        return cls(
            Kind.DEVICE,
            device_id=device.pk,
            user_id=device.cashier.membership.user_id if device.cashier else None,
            store_id=device.store_id,
            role=Role(device.cashier.membership.role) if device.cashier else Role.CASHIER,
            may_look=device.revoked_at is None,
        )

    @classmethod
    def of_user(cls, user: AbstractBaseUser | AnonymousUser, *, is_support: bool = False) -> Self:
        """A user; `is_support` when they opened an access as the platform's support."""
        if not isinstance(user, User):
            return cls(Kind.USER)
        may_look = user.is_active and (user.is_staff or user.is_superuser)
        return cls(
            Kind.USER,
            user_id=user.pk,
            is_platform_owner=user.is_active and user.is_superuser and not is_support,
            is_support=may_look and is_support,
            may_look=may_look,
        )

    @classmethod
    def of(cls, *, device: "Device | None" = None, user: User | None = None) -> "Principal":
        """The device if there is one, else the user, else the system itself."""
        if device is not None:
            return cls.of_device(device)
        return SYSTEM if user is None else cls.of_user(user)

    @property
    def may_act(self) -> bool:
        """Whether they may change anything at all."""
        return self.may_look and not self.is_support

    def sees_all(self, roles: frozenset[Role] = EVERYONE) -> bool:
        """Whether the rows of every store are theirs, those of no store included."""
        return self.is_platform_owner or (self.is_support and roles == EVERYONE)

    def reads_as(self, roles: frozenset[Role]) -> frozenset[Role]:
        """Whose rows to show where only these roles see them: support, which is none, reads all."""
        return EVERYONE if self.is_support else roles

    def may(self, right: Right, store_id: int | None) -> bool:
        """Whether they may do this in the store; None: what is of no store, the platform's."""
        if not self.may_act:
            return False
        if self.is_platform_owner:
            return True
        if store_id is None:
            return False
        stores = apps.get_model("stores", "Store")._default_manager
        return stores.filter(self.stores("pk", RIGHTS[right]), pk=store_id).exists()

    def roles(self) -> frozenset[Role]:
        """What they are in one store or another. Who sees all stores need be nothing in any."""
        if not self.may_look or self.is_support:
            return frozenset()
        if self.kind == Kind.DEVICE:
            return frozenset({self.role} if self.role else ())
        if self.user_id is None:
            return frozenset()
        memberships = apps.get_model("stores", "Membership")._default_manager
        held = memberships.filter(user_id=self.user_id).order_by().values_list("role", flat=True)
        return frozenset(map(Role, held.distinct()))

    def stores(self, field: str, roles: frozenset[Role] = EVERYONE) -> Q:
        """The condition that `field` (the path to a store's id) is a store this one may see.

        With `roles`, only stores where this one has one of them.
        """
        if not self.may_look:
            return Q(pk__in=())
        if self.sees_all(roles):
            return Q()
        if self.is_support:
            return Q(pk__in=())
        if self.kind == Kind.DEVICE:
            return Q(**{field: self.store_id}) if self.role in roles else Q(pk__in=())
        if self.user_id is not None:
            memberships = apps.get_model("stores", "Membership")._default_manager
            # A subquery, not a join: no doubled rows, and FOR UPDATE locks no membership.
            held = memberships.filter(user_id=self.user_id, role__in=sorted(roles))
            return Q(**{f"{field}__in": held.values("store_id")})
        return Q(pk__in=())


SYSTEM = Principal(Kind.SYSTEM)
STRIPE = Principal(Kind.STRIPE)


class StoreScopedQuerySet(models.QuerySet[M]):
    """Rows that belong to a store; `store_path` leads from the row to the store's id."""

    store_path: ClassVar[str] = "store_id"

    def for_principal(self, principal: Principal, roles: frozenset[Role] = EVERYONE) -> Self:
        return self.filter(principal.stores(self.store_path, roles))

    def visible_to(self, user: Any) -> Self:
        """For a Django user; an anonymous one sees nothing."""
        return self.for_principal(Principal.of_user(user))
