from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Payments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments import gateway
        from payments.services import (
            account_links,
            budget,
            captures,
            changes,
            covers,
            detaching,
            differences,
            disconnecting,
            endpoints,
            fees,
            granting,
            increments,
            onboarding,
            outcomes,
            parts,
            refund_outcomes,
            watching,
        )
        from stores.services import orders

        outcomes.register()
        increments.register()
        refund_outcomes.register()
        changes.register()
        endpoints.register()
        onboarding.register()
        account_links.register()
        granting.register()
        disconnecting.register()
        parts.after_merge += [
            increments.settle_increment,
            captures.settle_capture,
            fees.inspect,
            changes.settle_change,
            detaching.settle,
            covers.count,
            differences.close_answered,
            differences.tell_differences,
        ]
        gateway.listeners += [budget.slow_down, watching.hear]
        orders.order_guards.append(covers.refuse_open_payment)
        orders.lines_guards.append(covers.keep_paid_lines)
        orders.cancel_guards.append(covers.refuse_paid)
        orders.lines_replaced.append(covers.pay)
