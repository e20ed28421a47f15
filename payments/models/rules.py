"""Which cards a store refuses, or asks its cashier about, before they are charged."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import Store
from stores.principals import StoreScopedQuerySet

ABROAD = "abroad"
ANY_WALLET, NO_WALLET = "any", "none"


class Brand(models.TextChoices):
    """Stripe's words for what a reader can read."""

    VISA = "visa"
    MASTERCARD = "mastercard"
    AMEX = "amex", "American Express"
    DISCOVER = "discover"
    DINERS = "diners", "Diners Club"
    JCB = "jcb", "JCB"
    UNIONPAY = "unionpay", "UnionPay"
    INTERAC = "interac"
    EFTPOS_AU = "eftpos_au", "eftpos Australia"
    CARTES_BANCAIRES = "cartes_bancaires"
    GIROCARD = "girocard", "girocard"


class Funding(models.TextChoices):
    CREDIT = "credit", _("Credit")
    DEBIT = "debit", _("Debit")
    PREPAID = "prepaid", _("Prepaid")


class Wallet(models.TextChoices):
    NO_WALLET = NO_WALLET, _("no wallet")
    ANY_WALLET = ANY_WALLET, _("any wallet")
    APPLE_PAY = "apple_pay"
    GOOGLE_PAY = "google_pay"
    SAMSUNG_PAY = "samsung_pay"


class Effect(models.TextChoices):
    REFUSE = "refuse", _("Refuse the card")
    ASK = "ask", _("Ask the cashier")


class CardRule(models.Model):
    """The first rule that a card fits decides. A card that fits none is taken.

    Where a store has rules, every card is collected before it is charged.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="card_rules")
    position = models.PositiveIntegerField(
        default=10, help_text=_("Rules are tried from the lowest to the highest.")
    )
    brand = models.CharField(max_length=32, choices=Brand, blank=True, help_text=_("Empty: any."))
    funding = models.CharField(
        max_length=16, choices=Funding, blank=True, help_text=_("Empty: any.")
    )
    country = models.CharField(
        max_length=6,
        blank=True,
        validators=[
            RegexValidator(
                rf"\A([A-Z]{{2}}|{ABROAD})\Z",
                _("Two capital letters, or abroad."),
            )
        ],
        help_text=_(
            "Where the card was issued: two capital letters, like US, or abroad for any"
            " country but the store's. Empty: any, and those of which it is not known."
        ),
    )
    wallet = models.CharField(
        max_length=16,
        choices=Wallet,
        blank=True,
        help_text=_("A hint only: not every bank lets a reader see the wallet. Empty: any."),
    )
    effect = models.CharField(max_length=8, choices=Effect)
    sentence = models.CharField(
        max_length=200,
        help_text=_("What the cashier reads, like: Is a second document shown with this card?"),
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = StoreScopedQuerySet["CardRule"].as_manager()

    class Meta:
        ordering: ClassVar = ["store", "position", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(effect__in=Effect.values), name="payments_cardrule_effect_known"
            ),
            models.CheckConstraint(
                condition=Q(country__regex=f"^([A-Z]{{2}}|{ABROAD})?$"),
                name="payments_cardrule_country_format",
            ),
            models.CheckConstraint(
                condition=~Q(sentence=""), name="payments_cardrule_says_something"
            ),
            models.CheckConstraint(
                condition=~Q(effect="refuse", brand="", funding="", country="", wallet=""),
                name="payments_cardrule_refuses_not_every_card",
                violation_error_message=_("This would refuse every card. Say which ones."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_effect_display()}: {self.conditions() or gettext('every card')}"

    def conditions(self) -> str:
        """Which cards it is about, in words."""
        country = self.country if self.country != ABROAD else gettext("from abroad")
        parts = (
            self.get_brand_display() if self.brand else "",
            self.get_funding_display().lower(),
            country,
            self.get_wallet_display() if self.wallet else "",
        )
        return ", ".join(part for part in parts if part)
