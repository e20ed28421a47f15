"""What people are called, where others read it."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser

from stores.models import Device


def name_of(user: AbstractUser) -> str:
    """The person's name; the login where nobody gave one."""
    return user.get_full_name() or user.get_username()


def who(user: AbstractUser | None, device: Device | None) -> str:
    """Who did it, and on what: Maya Torres, Tablet 1. Empty for ourselves."""
    names = (name_of(user) if user else "", device.name if device else "")
    return ", ".join(filter(None, names))
