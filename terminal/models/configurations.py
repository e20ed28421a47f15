"""How the readers of an account, a store or a location are set up, part by part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import Account, Location, Store
from stores.principals import EVERYONE, Principal, Role, StoreScopedQuerySet

JSON = dict[str, Any]


class Part(models.TextChoices):
    """What a Terminal Configuration says, by Stripe's names."""

    TIPPING = "tipping", _("Tips")
    REBOOT_WINDOW = "reboot_window", _("Daily restart")
    OFFLINE = "offline", _("Payments while offline")
    CELLULAR = "cellular", _("Cellular network")
    WISEPOS_E = "bbpos_wisepos_e", _("Splash screen of BBPOS WisePOS E")
    S700 = "stripe_s700", _("Splash screen of Stripe Reader S700")
    S710 = "stripe_s710", _("Splash screen of Stripe Reader S710")


# The one list of what says each part: forms follow it.
FIELDS: dict[Part, tuple[str, ...]] = {
    Part.TIPPING: ("asks_for_tips", "percentages", "fixed_amounts", "smart_tip_threshold"),
    Part.REBOOT_WINDOW: ("reboot_start_hour", "reboot_end_hour"),
    Part.OFFLINE: ("offline_enabled",),
    Part.CELLULAR: ("cellular_enabled",),
}
# Width and height of the screens: https://docs.stripe.com/terminal/fleet/splash-screen
SCREENS: dict[Part, tuple[int, int]] = {
    Part.WISEPOS_E: (720, 1280),
    Part.S700: (1080, 1920),
    Part.S710: (1080, 1920),
}
AS_ABOVE = _("As above")
ALLOWED = ((None, AS_ABOVE), (True, _("Yes")), (False, _("No")))


class ReaderConfigurationQuerySet(StoreScopedQuerySet["ReaderConfiguration"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> ReaderConfigurationQuerySet:
        """An account's is seen in each of its stores, and set by those who have the role in all of
        them.
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


class ReaderConfiguration(models.Model):
    """What an account, a store or a location says of its readers. Each part is inherited on its
    own: what is empty here is as the next level has it.

    Stripe keeps what holds, whole, as a Terminal Configuration: one for each Stripe account where
    readers stand that it holds for. What Stripe said of it is in the requests.
    """

    account = models.ForeignKey(
        Account, models.PROTECT, blank=True, related_name="reader_configurations"
    )
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="reader_configurations"
    )
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="reader_configurations"
    )
    asks_for_tips = models.BooleanField(
        null=True,
        blank=True,
        choices=ALLOWED,
        help_text=_("Whether readers ask for a tip before each card."),
    )
    percentages = models.JSONField(
        default=list,
        blank=True,
        help_text=_("Three parts of the sale in percent, like 15, 18, 20."),
    )
    fixed_amounts = models.JSONField(
        default=list,
        blank=True,
        help_text=_("Three amounts in the currency's smallest unit, like 100, 200, 300."),
    )
    smart_tip_threshold = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "With both: sales below this amount are offered the amounts, others the percentages."
            " In the currency's smallest unit."
        ),
    )
    reboot_start_hour = models.PositiveSmallIntegerField(
        _("restart from hour"),
        null=True,
        blank=True,
        help_text=_(
            "Readers that can choose start anew once a day from this hour on, 0 to 23, by the clock"
            " where they stand; the others, and all that are told no hour, at midnight."
        ),
    )
    reboot_end_hour = models.PositiveSmallIntegerField(
        _("restart until hour"),
        null=True,
        blank=True,
        help_text=_("Another hour than the first."),
    )
    offline_enabled = models.BooleanField(
        _("payments while offline"),
        null=True,
        blank=True,
        choices=ALLOWED,
        help_text=_(
            "Only apps that hold the card reader's SDK take payments offline; what is sold here"
            " always needs the network."
        ),
    )
    cellular_enabled = models.BooleanField(
        _("cellular network"),
        null=True,
        blank=True,
        choices=ALLOWED,
        help_text=_("Whether readers with a SIM card may use it: the Stripe Reader S710."),
    )
    splash_screens = models.JSONField(
        default=dict,
        editable=False,
        help_text="By device type: the picture's name, its row, and Stripe's file by account.",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    configurations = models.JSONField(
        default=dict, editable=False, help_text="Its Configurations at Stripe, by Stripe account."
    )
    compared = models.JSONField(
        default=dict,
        editable=False,
        help_text="When a comparison last saw them, by Stripe account, in seconds.",
    )

    objects = ReaderConfigurationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["id", "store"], name="terminal_readerconfiguration_id_store"
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(store__isnull=True),
                name="terminal_readerconfiguration_once_per_account",
                violation_error_message=_("This account has its configuration already."),
            ),
            models.UniqueConstraint(
                fields=["store"],
                condition=Q(location__isnull=True),
                name="terminal_readerconfiguration_once_per_store",
                violation_error_message=_("This store has its configuration already."),
            ),
            models.UniqueConstraint(
                fields=["location"],
                name="terminal_readerconfiguration_once_per_location",
                violation_error_message=_("This location has its configuration already."),
            ),
            models.CheckConstraint(
                condition=Q(location__isnull=True) | Q(store__isnull=False),
                name="terminal_readerconfiguration_of_a_location_names_its_store",
            ),
            models.CheckConstraint(
                condition=Q(reboot_start_hour=None, reboot_end_hour=None)
                | (
                    Q(reboot_start_hour__isnull=False, reboot_start_hour__lte=23)
                    & Q(reboot_end_hour__isnull=False, reboot_end_hour__lte=23)
                    & ~Q(reboot_start_hour=F("reboot_end_hour"))
                ),
                name="terminal_readerconfiguration_reboots_between_two_hours",
                violation_error_message=_("Give two different hours from 0 to 23, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Readers of {name}").format(name=self.owner)

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
    def owner(self) -> Location | Store | Account:
        return self.location or self.store or self.account

    @property
    def level(self) -> str:
        """location, store or account."""
        return "location" if self.location_id else "store" if self.store_id else "account"

    @property
    def stores(self) -> list[Store]:
        """Those it may hold for."""
        return [self.store] if self.store is not None else list(self.account.stores.all())

    @property
    def currency(self) -> str:
        """Of its amounts; empty while there are none."""
        return only_currency(self.stores) if self.fixed_amounts else ""

    def value(self, part: Part) -> JSON | None:
        """What is said here, in Stripe's words; None: as above. An empty one asks for no tips."""
        match part:
            case Part.TIPPING if self.asks_for_tips is not None:
                return self._tips() if self.asks_for_tips else {}
            case Part.REBOOT_WINDOW if self.reboot_start_hour is not None:
                return {"start_hour": self.reboot_start_hour, "end_hour": self.reboot_end_hour}
            case Part.OFFLINE if self.offline_enabled is not None:
                return {"enabled": self.offline_enabled}
            case Part.CELLULAR if self.cellular_enabled is not None:
                return {"enabled": self.cellular_enabled}
            case _ if part in self.splash_screens:
                return {"splashscreen": self.splash_screens[part]["name"]}
        return None

    def _tips(self) -> JSON:
        offer = {
            "percentages": self.percentages,
            "fixed_amounts": self.fixed_amounts,
            "smart_tip_threshold": self.smart_tip_threshold,
        }
        return {name: value for name, value in offer.items() if value}

    @property
    def says_anything(self) -> bool:
        return any(self.value(part) is not None for part in Part)


def only_currency(stores: Iterable[Store]) -> str:
    """What all of these sell in; empty when they differ, or when there is none."""
    currencies = {store.currency for store in stores}
    return currencies.pop() if len(currencies) == 1 else ""


class SplashImage(models.Model):
    """A picture for an idle reader, as it goes to Stripe; another picture is another row."""

    configuration = models.ForeignKey(ReaderConfiguration, models.CASCADE, related_name="+")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"Picture {self.pk}"


# https://docs.stripe.com/terminal/features/collecting-tips/on-reader
_COUNTRIES = (
    "AT AU BE BG CA CH CY CZ DE DK EE ES FI FR GB GI HR HU IE IT JP LI LT LU LV MT MY NL NO NZ"
    " PL PT RO SE SG SI SK US"
)
_CURRENCIES = "aed aud cad chf czk dkk eur gbp gip hkd huf jpy mxn myr nok nzd pln ron sek sgd usd"
TIPS_IN, TIPS_OF = frozenset(_COUNTRIES.split()), frozenset(_CURRENCIES.split())
CHOICES = 3
NO_ONE_CURRENCY = _("Its stores do not share one currency: give amounts store by store.")
LARGEST_TIP = 99_999_999


def validate_tips(row: ReaderConfiguration) -> None:
    """Refuse, before Stripe does, what its readers cannot offer."""
    for store in row.stores if row.asks_for_tips else ():
        if store.country not in TIPS_IN or store.currency not in TIPS_OF:
            raise ValidationError(
                gettext("Readers in {country} ask for no tips in {currency}.").format(
                    country=store.country, currency=store.currency.upper()
                )
            )
    errors = _wrong_choices(row) | _wrong_threshold(row)
    if row.fixed_amounts and not row.currency:
        errors["fixed_amounts"] = str(NO_ONE_CURRENCY)
    if errors:
        raise ValidationError(errors)
    given = row.percentages or row.fixed_amounts
    if row.asks_for_tips and not given:
        raise ValidationError(gettext("Give percentages, amounts or both."))
    if row.asks_for_tips is None and given:
        says = gettext("Say that readers ask for tips, or leave percentages and amounts empty.")
        raise ValidationError({"asks_for_tips": says})


def _wrong_choices(row: ReaderConfiguration) -> dict[str, str]:
    wrong = {}
    if row.percentages and not _are_choices(row.percentages, 100):
        says = gettext("Three different whole numbers from 1 to {most}.")
        wrong["percentages"] = says.format(most=100)
    if row.fixed_amounts and not _are_choices(row.fixed_amounts, LARGEST_TIP):
        wrong["fixed_amounts"] = gettext("Three different amounts, none of them nothing.")
    return wrong


def _wrong_threshold(row: ReaderConfiguration) -> dict[str, str]:
    both = bool(row.percentages and row.fixed_amounts)
    threshold = row.smart_tip_threshold
    if both and (threshold is None or threshold < 1):
        says = gettext("Needed with both: from which amount are percentages shown?")
        return {"smart_tip_threshold": says}
    if not both and threshold is not None:
        return {"smart_tip_threshold": gettext("Only with percentages and amounts.")}
    return {}


def _are_choices(values: object, most: int) -> bool:
    return (
        isinstance(values, list)
        and len(set(values)) == len(values) == CHOICES
        and all(isinstance(each, int) and 1 <= each <= most for each in values)
    )
