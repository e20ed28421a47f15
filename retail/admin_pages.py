"""The pages of the admin: every app's `admin` module, without pages that tell too much."""

from functools import cache

from django.contrib import admin


@cache
def gather() -> None:
    """Have every page in the admin's site, once in a process."""
    admin.autodiscover()
    _remove_djstripe()
    _remove_second_factors()


def _remove_djstripe() -> None:
    """dj-stripe's pages show secret keys in clear, and every company's rows to everyone."""
    theirs = [model for model in admin.site._registry if model._meta.app_label == "djstripe"]
    admin.site.unregister(theirs)


def _remove_second_factors() -> None:
    """django-otp's page shows the secrets of everybody's second factor."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    admin.site.unregister(TOTPDevice)
