from django.apps import AppConfig


class TerminalConfig(AppConfig):
    name = "terminal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments.services.conversation import set_counter
        from terminal.services import commands, fleet
        from terminal.services.counter import ReaderCounter

        set_counter(ReaderCounter())
        commands.register()
        fleet.register()
