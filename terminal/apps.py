from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TerminalConfig(AppConfig):
    name = "terminal"
    verbose_name = _("Readers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments.services import receipt_emails
        from payments.services.inbox import RINGERS
        from payments.services.parts import set_counter
        from stores.transitions import after_change
        from terminal import webhooks  # noqa: F401  (connects dj-stripe's signals)
        from terminal.services import (
            attending,
            commands,
            configuring,
            displays,
            fleet,
            fleet_differences,
            forms,
            locations,
            readers,
            refund_commands,
            reports,
            saving,
            switching,
            testing,
        )
        from terminal.services.counter import ReaderCounter
        from terminal.services.rings import ring_for_reader

        set_counter(ReaderCounter())
        commands.register()
        refund_commands.register()
        fleet.connect()
        fleet_differences.register()
        locations.register()
        readers.register()
        readers.ended.append(switching.reader_ended)
        fleet.came.append(switching.reader_came)
        attending.register()
        displays.register()
        testing.register()
        forms.register()
        saving.register()
        configuring.register()
        reports.register()
        receipt_emails.typed.append(forms.typed_address)
        after_change.append(displays.order_changed)
        RINGERS["terminal.reader."] = ring_for_reader
