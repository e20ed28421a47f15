"""What the readers of an account, a store or a location offer as a tip."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from stores.models import Account, Location, Store
from stores.principals import EVERYONE, Principal, Role, StoreScopedQuerySet


class TippingQuerySet(StoreScopedQuerySet["Tipping"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> TippingQuerySet:
        """What an account offers is seen in each of its stores, and set by those who have the role
        in all of them.
        """
        if principal.sees_all(roles):
            return self.all()
        stores = Store.objects.for_principal(principal, roles)
        shared = Q(store=None, account__in=stores.values("account"))
        if roles != EVERYONE:
            of_account = Store.objects.filter(account=OuterRef("account"))
            elsewhere = Exists(of_account.exclude(pk__in=stores))
            return self.filter(Q(store__in=stores) | (shared & ~Q(elsewhere)))
        return self.filter(Q(store__in=stores) | shared)


class Tipping(models.Model):
    """What the readers of an account, a store or a location offer as a tip: the nearest one holds.

    Stripe keeps it as a Terminal Configuration, one for each Stripe account where readers stand
    that it holds for. What Stripe said of it is in the requests.
    """

    account = models.ForeignKey(Account, models.PROTECT, blank=True, related_name="tippings")
    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, related_name="tippings")
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="tippings"
    )
    inherits = models.BooleanField(
        "as offered above",
        default=False,
        help_text="Nothing of its own any more: a location offers what its store does, a store what"
        " its account does.",
    )
    percentages = models.JSONField(
        default=list, blank=True, help_text="Three parts of the sale in percent, like 15, 18, 20."
    )
    fixed_amounts = models.JSONField(
        default=list,
        blank=True,
        help_text="Three amounts in the currency's smallest unit, like 100, 200, 300.",
    )
    smart_tip_threshold = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="With both: sales below this amount are offered the amounts, others the"
        " percentages. In the currency's smallest unit.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Whether readers ask for a tip before each card."
    )
    reboot_start_hour = models.PositiveSmallIntegerField(
        "restart from hour",
        null=True,
        blank=True,
        help_text="Readers that can choose start anew once a day from this hour on, 0 to 23, by the"
        " clock where they stand; the others, and all when this is empty, at midnight.",
    )
    reboot_end_hour = models.PositiveSmallIntegerField(
        "restart until hour", null=True, blank=True, help_text="Another hour than the first."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    configurations = models.JSONField(
        default=dict, editable=False, help_text="Its Configurations at Stripe, by Stripe account."
    )

    objects = TippingQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "tipping"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(store__isnull=True),
                name="terminal_tipping_once_per_account",
                violation_error_message="This account has its offer already: change that.",
            ),
            models.UniqueConstraint(
                fields=["store"],
                condition=Q(location__isnull=True),
                name="terminal_tipping_once_per_store",
                violation_error_message="This store has its offer already: change that.",
            ),
            models.UniqueConstraint(
                fields=["location"],
                name="terminal_tipping_once_per_location",
                violation_error_message="This location has its offer already: change that.",
            ),
            models.CheckConstraint(
                condition=Q(location__isnull=True) | Q(store__isnull=False),
                name="terminal_tipping_of_a_location_names_its_store",
            ),
            models.CheckConstraint(
                condition=Q(store__isnull=False) | Q(inherits=False),
                name="terminal_tipping_of_an_account_inherits_nothing",
            ),
            models.CheckConstraint(
                condition=Q(reboot_start_hour=None, reboot_end_hour=None)
                | (
                    Q(reboot_start_hour__isnull=False, reboot_start_hour__lte=23)
                    & Q(reboot_end_hour__isnull=False, reboot_end_hour__lte=23)
                    & ~Q(reboot_start_hour=F("reboot_end_hour"))
                ),
                name="terminal_tipping_reboots_between_two_hours",
                violation_error_message="Give two different hours from 0 to 23, or neither.",
            ),
        ]

    def __str__(self) -> str:
        return f"Tips on the readers of {self.location or self.store or self.account}"

    def save(self, *args: Any, **more: Any) -> None:
        self.name_all()
        super().save(*args, **more)

    def clean(self) -> None:
        self.name_all()
        validate_tips(self)

    def name_all(self) -> None:
        """A location's names its store, too, and a store's its account."""
        if self.location is not None:
            self.store = self.location.store
        if self.store is not None:
            self.account = self.store.account

    @property
    def is_needed(self) -> bool:
        """Whether it has anything for a Configuration to say."""
        return self.is_active or self.reboot_start_hour is not None

    @property
    def stores(self) -> list[Store]:
        """Those it may hold for."""
        return [self.store] if self.store is not None else list(self.account.stores.all())


# https://docs.stripe.com/terminal/features/collecting-tips/on-reader
_COUNTRIES = (
    "AT AU BE BG CA CH CY CZ DE DK EE ES FI FR GB GI HR HU IE IT JP LI LT LU LV MT MY NL NO NZ"
    " PL PT RO SE SG SI SK US"
)
_CURRENCIES = "aed aud cad chf czk dkk eur gbp gip hkd huf jpy mxn myr nok nzd pln ron sek sgd usd"
TIPS_IN, TIPS_OF = frozenset(_COUNTRIES.split()), frozenset(_CURRENCIES.split())
CHOICES = 3


def validate_tips(tipping: Tipping) -> None:
    """Refuse, before Stripe does, what its readers cannot offer."""
    if tipping.inherits:
        if tipping.store is None:
            raise ValidationError({"inherits": "Nothing is above an account."})
        return
    for store in tipping.stores if tipping.is_active else ():
        if store.country not in TIPS_IN or store.currency not in TIPS_OF:
            raise ValidationError(
                f"Readers in {store.country} ask for no tips in {store.currency.upper()}."
            )
    errors = _wrong_choices(tipping) | _wrong_threshold(tipping)
    if tipping.fixed_amounts and len({store.currency for store in tipping.stores}) > 1:
        errors["fixed_amounts"] = "Its stores have several currencies: give amounts store by store."
    if errors:
        raise ValidationError(errors)
    if tipping.is_active and not tipping.percentages and not tipping.fixed_amounts:
        raise ValidationError("Give percentages, amounts or both.")


def _wrong_choices(tipping: Tipping) -> dict[str, str]:
    return {
        name: f"Three different whole numbers from 1 to {most}."
        for name, most in (("percentages", 100), ("fixed_amounts", LARGEST_TIP))
        if (values := getattr(tipping, name)) and not _are_choices(values, most)
    }


def _wrong_threshold(tipping: Tipping) -> dict[str, str]:
    both = bool(tipping.percentages and tipping.fixed_amounts)
    threshold = tipping.smart_tip_threshold
    if both and (threshold is None or threshold < 1):
        return {"smart_tip_threshold": "Needed with both: from which amount are percentages shown?"}
    if not both and threshold is not None:
        return {"smart_tip_threshold": "Only with percentages and amounts."}
    return {}


LARGEST_TIP = 99_999_999


def _are_choices(values: object, most: int) -> bool:
    return (
        isinstance(values, list)
        and len(set(values)) == len(values) == CHOICES
        and all(isinstance(each, int) and 1 <= each <= most for each in values)
    )
