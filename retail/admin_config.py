"""Which admin site is ours; apart from `apps`, because Django reads this before any model."""

from django.contrib.admin.apps import AdminConfig


class RetailAdminConfig(AdminConfig):
    default_site = "retail.admin_site.RetailAdmin"
