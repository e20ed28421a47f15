from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoresConfig(AppConfig):
    name = "stores"
    verbose_name = _("Stores")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        user_logged_in.connect(begin_session, dispatch_uid="stores.begin_session")


def begin_session(request: Any, **kwargs: Any) -> None:
    """Whoever signs in, on whatever way, begins a session that ends by our rules."""
    from stores.services import sessions

    sessions.begin(request.session)
