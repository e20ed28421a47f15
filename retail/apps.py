import gc
from typing import Any

from django.apps import AppConfig
from django.core.exceptions import ValidationError
from django.db.models.signals import pre_save


class RetailConfig(AppConfig):
    """The project itself, as an app: its commands, its checks, and what it forbids others."""

    name = "retail"
    verbose_name = "Retail"

    def ready(self) -> None:
        from retail import checks, names  # noqa: F401  (checks registers them)

        names.translate_names()
        guard_endpoints()
        spare_what_stays()


def spare_what_stays() -> None:
    """Keep the garbage collector from looking through what was imported: it is never garbage.

    A look at so many objects takes a third of a second, in which a cashier waits. What requests
    leave behind is looked at less often, for nearly all of it goes by itself.
    """
    gc.freeze()
    gc.set_threshold(20_000)


def guard_endpoints() -> None:
    """Let no webhook endpoint be saved that would be open to anybody who believes dj-stripe."""
    from djstripe.models import WebhookEndpoint

    pre_save.connect(_refuse_open_door, sender=WebhookEndpoint, dispatch_uid="retail.endpoints")


def _refuse_open_door(instance: Any, **kwargs: Any) -> None:
    """To dj-stripe a tolerance of 0 means any age, and `none` is a way to validate.

    Our own door verifies whatever a row says; no other software shall read these rows otherwise.
    """
    validation = getattr(
        instance.djstripe_validation_method, "name", instance.djstripe_validation_method
    )
    if not instance.secret:
        raise ValidationError("A webhook endpoint has a signing secret.")
    if validation != "verify_signature":
        raise ValidationError("A webhook's signature is verified; nothing else will do.")
    if not instance.djstripe_tolerance:
        raise ValidationError("A webhook is refused when it is old: the tolerance is above 0.")
