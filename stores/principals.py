"""Who asks, and which rows they may see: the one place that decides.

A device sees its store. A user sees the stores of their memberships, if they are staff and
active; the platform's superuser sees all. Everyone and everything else sees nothing.
Every queryset of a model that faces a person derives from `StoreScopedQuerySet`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from stores.models import Device

M = TypeVar("M", bound=models.Model, covariant=True)


class Role(models.TextChoices):
    """What a person is in one store; a device counts as a cashier."""

    CASHIER = "cashier"
    MANAGER = "manager"
    OWNER = "owner"


EVERYONE = frozenset(Role)
MANAGERS = frozenset({Role.MANAGER, Role.OWNER})


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
    is_superuser: bool = False
    may_look: bool = False

    @classmethod
    def of_device(cls, device: "Device") -> Self:
        return cls(
            Kind.DEVICE,
            device_id=device.pk,
            store_id=device.store_id,
            may_look=device.revoked_at is None,
        )

    @classmethod
    def of_user(cls, user: AbstractBaseUser | AnonymousUser) -> Self:
        if not isinstance(user, User):
            return cls(Kind.USER)
        return cls(
            Kind.USER,
            user_id=user.pk,
            is_superuser=user.is_active and user.is_superuser,
            may_look=user.is_active and (user.is_staff or user.is_superuser),
        )

    @classmethod
    def of(cls, *, device: "Device | None" = None, user: User | None = None) -> "Principal":
        """The device if there is one, else the user, else the system itself."""
        if device is not None:
            return cls.of_device(device)
        return SYSTEM if user is None else cls.of_user(user)

    def stores(self, field: str, roles: frozenset[Role] = EVERYONE) -> Q:
        """The condition that `field` (the path to a store's id) is a store this one may see.

        With `roles`, only stores where this one has one of them.
        """
        if not self.may_look:
            return Q(pk__in=())
        if self.is_superuser:
            return Q()
        if self.kind == Kind.DEVICE and Role.CASHIER in roles:
            return Q(**{field: self.store_id})
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
