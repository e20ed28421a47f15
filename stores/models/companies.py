"""Companies and their stores: Account, Store."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import addresses, checks, methods
from stores.models.choices import CaptureMethod, ChargeModel, ExpiringHolds, Flow
from stores.principals import EVERYONE, Principal, Role, StoreScopedQuerySet


class AccountQuerySet(models.QuerySet["Account"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> "AccountQuerySet":
        """An account is seen by those who see one of its stores, and by the platform."""
        if principal.sees_all(roles):
            return self.all()
        stores = Store.objects.for_principal(principal, roles)
        return self.filter(pk__in=stores.values("account_id"))


class Account(models.Model):
    """A connected account at Stripe: one tenant, the company that gets the money.

    All but its name and what is said of the fee is a copy of what Stripe says.
    """

    stripe_id = models.CharField(
        max_length=64, unique=True, validators=[checks.validate_account_id]
    )
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, validators=[checks.validate_country])
    default_currency = models.CharField(max_length=3, validators=[checks.validate_currency])
    charges_enabled = models.BooleanField(default=False)
    payouts_enabled = models.BooleanField(default=False)
    details_submitted = models.BooleanField(default=False)
    card_payments = models.CharField(
        max_length=32, blank=True, help_text=_("The status of the card_payments capability.")
    )
    transfers = models.CharField(
        max_length=32, blank=True, help_text=_("The status of the transfers capability.")
    )
    email = models.CharField(max_length=200, blank=True)
    dashboard = models.CharField(
        max_length=16,
        blank=True,
        help_text=_("full, express or none: what its owner has at Stripe."),
    )
    disabled_reason = models.CharField(max_length=64, blank=True)
    requirements = models.JSONField(
        default=dict, blank=True, help_text=_("What Stripe wants to know, by Stripe's own lists.")
    )
    current_deadline = models.DateTimeField(
        null=True, blank=True, help_text=_("What is due by then and missing stops the account.")
    )
    read_at = models.DateTimeField(null=True, blank=True)
    refund_application_fee = models.BooleanField(
        _("application fee refunded"),
        default=True,
        help_text=_("Whether the platform gives its part back with a refund, in proportion."),
    )
    deauthorized_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            checks.matches("stores_account", "stripe_id", "acct_[A-Za-z0-9_]+"),
            checks.matches("stores_account", "country", "[A-Z]{2}"),
            checks.matches("stores_account", "default_currency", "[a-z]{3}"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_left(self) -> bool:
        """Its owner disconnected it: nothing can be read or charged there."""
        return self.deauthorized_at is not None

    def due(self, *lists: str) -> list[str]:
        """The ids on these lists of Stripe's, each once: `past_due`, `currently_due` …"""
        found = (name for each in lists for name in self.requirements.get(each, ()))
        return list(dict.fromkeys(found))


def languages() -> list[tuple[str, str]]:
    """Called, so that another language is no migration."""
    return settings.LANGUAGES


class StoreQuerySet(StoreScopedQuerySet["Store"]):
    store_path = "pk"


class Store(models.Model):
    """A shop: one country, one currency, one time zone, one way to charge."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="stores")
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, validators=[checks.validate_country])
    currency = models.CharField(max_length=3, validators=[checks.validate_currency])
    timezone = models.CharField(max_length=64, validators=[checks.validate_timezone])
    charge_model = models.CharField(max_length=16, choices=ChargeModel.choices)
    capture_method = models.CharField(
        max_length=16, choices=CaptureMethod.choices, default=CaptureMethod.AUTOMATIC
    )
    flow = models.CharField(
        max_length=16,
        choices=Flow.choices,
        default=Flow.PROCESS,
        help_text=_(
            "process: a card is charged as soon as it is read. collect: the store's card"
            " rules look at it first, and the cashier if a rule or the till wants it. With card"
            " rules in force it is always collect."
        ),
    )
    expiring_holds = models.CharField(
        max_length=16,
        choices=ExpiringHolds.choices,
        default=ExpiringHolds.CAPTURE,
        help_text=_(
            "Six hours before an approved payment would expire: capture it, release it, or"
            " only tell."
        ),
    )
    payment_method_types = models.JSONField(
        default=list,
        blank=True,
        help_text=_(
            "How customers can pay on a reader; empty: cards, and Interac in Canada. The"
            " account needs Stripe's capability for each."
        ),
    )
    incremental_authorization = models.BooleanField(
        default=False,
        help_text=_(
            "Ask that a hold may grow when something is added to its order. Readers then"
            " show “Pre-authorization”."
        ),
    )
    extended_authorization = models.BooleanField(
        default=False, help_text=_("Ask that a hold lasts longer than two days, up to 30.")
    )
    tip_limit_percent = models.PositiveIntegerField(
        default=50, help_text=_("A tip on the reader above this part of the sale is asked about.")
    )
    tip_limit_amount = models.BigIntegerField(
        default=20_00,
        help_text=_(
            "Tips up to this amount, in the currency's smallest unit, are never asked about."
        ),
    )
    prices_include_tax = models.BooleanField(default=False)
    cashier_refund_limit = models.BigIntegerField(
        default=0,
        help_text=_(
            "The most that tablets and cashiers may refund of one payment, in the currency's"
            " smallest unit; 0: only managers refund."
        ),
    )
    cashier_refund_day_limit = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "The most that a cashier may refund in a day, in the smallest unit; empty: any."
        ),
    )
    manager_refund_limit = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "The most that a manager may refund of one payment without a second person, in"
            " the smallest unit; empty: any."
        ),
    )
    manager_refund_day_limit = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "The most that a manager may refund in a day, in the smallest unit; empty: any."
        ),
    )
    cashier_tip_day_limit = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "The most that a cashier may add as tips from receipts in a day, in the smallest"
            " unit; empty: any."
        ),
    )
    manager_tip_day_limit = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "The most that a manager may add as tips from receipts in a day, in the smallest"
            " unit; empty: any."
        ),
    )
    cashier_discount_limit = models.BigIntegerField(
        default=0,
        db_default=0,
        help_text=_(
            "The most that tablets and cashiers may take off one order, in the currency's"
            " smallest unit; 0: only managers give discounts."
        ),
    )
    cashier_discount_day_limit = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "The most that a cashier may give as discounts in a day, in the smallest unit;"
            " empty: any."
        ),
    )
    manager_discount_limit = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "The most that a manager may take off one order without a second person, in the"
            " smallest unit; empty: any."
        ),
    )
    manager_discount_day_limit = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "The most that a manager may give as discounts in a day, in the smallest unit;"
            " empty: any."
        ),
    )
    idle_limit_seconds = models.PositiveIntegerField(
        _("idle limit"),
        default=300,
        help_text=_(
            "After so many seconds without a card a payment on a reader is canceled; 0: never."
        ),
    )
    pin_required = models.BooleanField(
        _("PIN required"),
        default=False,
        help_text=_("Tablets sell, refund and change nothing before a cashier entered their PIN."),
    )
    pin_minutes = models.PositiveIntegerField(
        _("minutes of a PIN"),
        default=10,
        help_text=_("A cashier who does nothing on a tablet for so long enters the PIN again."),
    )
    abandoned_after_hours = models.PositiveIntegerField(
        _("abandoned after"),
        default=24,
        help_text=_(
            "After so many hours an open payment that nobody finished is canceled, from 1 to 720."
        ),
    )
    receipt_language = models.CharField(
        _("language of receipts"),
        max_length=16,
        blank=True,
        choices=languages,
        help_text=_("Empty: the language of whoever prints or sends one."),
    )
    receipt_address = models.TextField(
        _("address on receipts"),
        max_length=500,
        blank=True,
        help_text=_("As it is printed; empty: of the store's location, if it has only one."),
    )
    receipt_footer = models.TextField(
        _("last words of receipts"),
        max_length=500,
        blank=True,
        help_text=_("Such as a tax number, how long things are taken back, or thanks."),
    )
    receipt_email = models.EmailField(
        _("e-mail for answers"),
        blank=True,
        help_text=_("Where customers' answers to an e-mailed receipt go."),
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = StoreQuerySet.as_manager()

    class Meta:
        constraints = [
            checks.matches("stores_store", "country", "[A-Z]{2}"),
            checks.matches("stores_store", "currency", "[a-z]{3}"),
            checks.one_of("stores_store", "charge_model", ChargeModel),
            checks.one_of("stores_store", "capture_method", CaptureMethod),
            checks.one_of("stores_store", "flow", Flow),
            checks.one_of("stores_store", "expiring_holds", ExpiringHolds),
            checks.between("stores_store", "cashier_refund_limit", 0, checks.LARGEST_AMOUNT),
            *(
                checks.between("stores_store", field, 0, checks.LARGEST_AMOUNT)
                for field in (
                    "cashier_refund_day_limit",
                    "manager_refund_limit",
                    "manager_refund_day_limit",
                    "cashier_tip_day_limit",
                    "manager_tip_day_limit",
                    "cashier_discount_limit",
                    "cashier_discount_day_limit",
                    "manager_discount_limit",
                    "manager_discount_day_limit",
                )
            ),
            checks.between("stores_store", "tip_limit_percent", 0, 1_000),
            checks.between("stores_store", "tip_limit_amount", 0, checks.LARGEST_AMOUNT),
            checks.between("stores_store", "idle_limit_seconds", 0, 86_400),
            checks.between("stores_store", "pin_minutes", 1, 720),
            checks.between("stores_store", "abandoned_after_hours", 1, 720),
            # Targets of composite foreign keys: what hangs on a store shares these with it.
            models.UniqueConstraint(fields=["id", "currency"], name="stores_store_id_currency"),
            models.UniqueConstraint(fields=["id", "country"], name="stores_store_id_country"),
            models.UniqueConstraint(fields=["id", "account"], name="stores_store_id_account"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.account_id and self.country != self.account.country:
            raise ValidationError(
                {
                    "country": gettext("The account is in {country}; so are its stores.").format(
                        country=self.account.country
                    )
                }
            )
        if refused := methods.refusal_of_currency(self.country, self.currency):
            raise ValidationError({"currency": refused})
        try:
            methods.validate_types(self.payment_method_types, self.country, self.currency)
        except ValidationError as error:
            raise ValidationError({"payment_method_types": error}) from error

    @property
    def stripe_account(self) -> str:
        """The `Stripe-Account` header of this store's calls; '' means the platform itself."""
        return self.account.stripe_id if self.charge_model == ChargeModel.DIRECT else ""

    @property
    def printed_address(self) -> list[str]:
        """The lines of its postal address on receipts; none when nobody said which."""
        if self.receipt_address.strip():
            return self.receipt_address.strip().splitlines()
        places = list(self.locations.filter(retired_at=None)[:2])
        return addresses.printed(places[0].address) if len(places) == 1 else []
