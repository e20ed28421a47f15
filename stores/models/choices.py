"""How a store takes cards: the words that its settings choose from."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChargeModel(models.TextChoices):
    """Who makes the charge: the store's account itself, or the platform for it."""

    DIRECT = "direct", _("Direct")
    DESTINATION = "destination", _("Destination")


class CaptureMethod(models.TextChoices):
    """Stripe's words: take the money at once, or only authorise it."""

    AUTOMATIC = "automatic", _("Automatic")
    MANUAL = "manual", _("Manual")


class Flow(models.TextChoices):
    """How a reader takes a card: it is charged when it is read, or looked at and charged then.

    https://docs.stripe.com/terminal/payments/collect-card-payment (server-driven)
    """

    PROCESS = "process", _("Process")
    COLLECT = "collect", _("Collect")


class ExpiringHolds(models.TextChoices):
    """What becomes of an approved payment that nobody captured, six hours before it expires."""

    CAPTURE = "capture", pgettext_lazy("a hold about to expire", "Capture")
    RELEASE = "release", pgettext_lazy("a hold about to expire", "Release")
    TELL = "tell", pgettext_lazy("a hold about to expire", "Tell")
