from django.apps import AppConfig


class TerminalConfig(AppConfig):
    name = "terminal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments.services.inbox import RINGERS
        from payments.services.parts import set_counter
        from terminal import webhooks  # noqa: F401  (connects dj-stripe's signals)
        from terminal.services import commands, fleet, refund_commands
        from terminal.services.counter import ReaderCounter
        from terminal.services.rings import ring_reader_payment

        set_counter(ReaderCounter())
        commands.register()
        refund_commands.register()
        fleet.register()
        RINGERS["terminal.reader."] = ring_reader_payment
