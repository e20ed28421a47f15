from django.apps import AppConfig


class RetailConfig(AppConfig):
    """The project itself, as an app: its commands, its checks, and what it takes out of others."""

    name = "retail"
    verbose_name = "Retail"

    def ready(self) -> None:
        from retail import checks  # noqa: F401  (registers them)

        remove_djstripe_admin()
        remove_second_factors_admin()


def remove_djstripe_admin() -> None:
    """Take dj-stripe's pages out of the admin: they show secret keys in clear, and every company's
    rows to everyone.

    Importing its admin module here makes it register now, and not again when the admin looks for
    modules later.
    """
    from django.contrib.admin import site
    from djstripe import admin as registers  # noqa: F401

    theirs = [model for model in site._registry if model._meta.app_label == "djstripe"]
    site.unregister(theirs)


def remove_second_factors_admin() -> None:
    """Take django-otp's page out, too: it shows the secrets of everybody's second factor."""
    from django.contrib.admin import site
    from django_otp.plugins.otp_totp import admin as registers  # noqa: F401
    from django_otp.plugins.otp_totp.models import TOTPDevice

    site.unregister(TOTPDevice)
