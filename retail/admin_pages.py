"""The pages of the admin: every app's `admin` module, without pages that tell too much."""

from functools import cache
from importlib import import_module
from typing import Any

from django.contrib import admin
from django.utils.text import capfirst


@cache
def gather() -> None:
    """Have every page in the admin's site, once in a process."""
    admin.autodiscover()
    _remove_djstripe()
    _remove_second_factors()
    _call_columns_alike()
    _call_columns_once()


def _remove_djstripe() -> None:
    """dj-stripe's pages show secret keys in clear, and every company's rows to everyone."""
    theirs = [model for model in admin.site._registry if model._meta.app_label == "djstripe"]
    admin.site.unregister(theirs)


def _remove_second_factors() -> None:
    """django-otp's page shows the secrets of everybody's second factor."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    admin.site.unregister(TOTPDevice)


def _call_columns_alike() -> None:
    """On a narrow screen unfold writes a column's name beside each value, with a capital for Every
    Word by CSS, which ours takes back; so the first one has to come from here.
    """
    unfold_list: Any = import_module("unfold.templatetags.unfold_list")
    label_for_field = unfold_list.label_for_field

    def called(*args: Any, **kwargs: Any) -> tuple[str, Any]:
        label, attribute = label_for_field(*args, **kwargs)
        return capfirst(label), attribute

    unfold_list.label_for_field = called


def _call_columns_once() -> None:
    """unfold finds out how its columns are called for each row of a list anew, a sixth of a page's
    time.
    """
    unfold_list: Any = import_module("unfold.templatetags.unfold_list")
    result_headers = unfold_list.result_headers

    def called(changelist: Any) -> list[dict[str, Any]]:
        known: list[dict[str, Any]] | None = getattr(changelist, "called", None)
        if known is None:
            known = changelist.called = list(result_headers(changelist))
        return known

    unfold_list.result_headers = called
