"""Where readers stand: Location."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import addresses, checks
from stores.models.companies import Store
from stores.principals import StoreScopedQuerySet


class LocationQuerySet(StoreScopedQuerySet["Location"]):
    pass


class Location(models.Model):
    """An address where readers stand; the same as Stripe's Terminal location once that exists."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="locations")
    display_name = models.CharField(max_length=200)
    line1 = models.CharField(_("street and number"), max_length=200, blank=True)
    line2 = models.CharField(_("second line"), max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, validators=[checks.validate_country])
    # NULL until Stripe has the location.
    stripe_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    stripe_account = models.CharField(
        max_length=64, blank=True, help_text=_("Where it lives at Stripe; empty = the platform.")
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    compared_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("When a comparison last saw what Stripe has."),
    )

    objects = LocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stripe_account", "stripe_id"], name="stores_location_stripe_id_once"
            ),
            models.UniqueConstraint(fields=["id", "store"], name="stores_location_id_store"),
            models.CheckConstraint(
                condition=Q(stripe_id__isnull=True) | Q(stripe_id__regex=r"^tml_[A-Za-z0-9_]+$"),
                name="stores_location_stripe_id_format",
            ),
            models.CheckConstraint(
                condition=Q(stripe_account="") | Q(stripe_account__regex=r"^acct_[A-Za-z0-9_]+$"),
                name="stores_location_stripe_account_format",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def address(self) -> dict[str, str]:
        """As Stripe wants it: what is empty is left out."""
        values = {name: str(getattr(self, name)) for name in addresses.FIELDS}
        return {name: value for name, value in values.items() if value}

    def clean(self) -> None:
        """Refuse, before Stripe does, what is not an address of the store's country."""
        found = addresses.problems(self.address | {"country": self.country})
        if self.store_id and self.country != self.store.country:
            found["country"] = gettext("The store is in {country}; so are its locations.").format(
                country=self.store.country
            )
        if found:
            raise ValidationError(found)
