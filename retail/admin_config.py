"""Which admin site is ours; apart from `apps`, because Django reads this before any model."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class RetailAdminConfig(SimpleAdminConfig):
    """The admin's pages are gathered by who serves or checks them (`retail.admin_pages`): a worker
    or a dispatcher starts a fifth sooner without them.
    """

    default_site = "retail.admin_site.RetailAdmin"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> Sequence[checks.CheckMessage]:
    """As Django checks the pages, once they are there."""
    from retail.admin_pages import gather

    gather()
    found: Sequence[checks.CheckMessage] = check_admin_app(app_configs, **kwargs)
    return found
