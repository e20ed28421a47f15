from django.apps import AppConfig


class RetailConfig(AppConfig):
    """The project itself, as an app: its commands, its checks, and what it takes out of others."""

    name = "retail"
    verbose_name = "Retail"
