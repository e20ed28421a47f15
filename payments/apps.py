from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments.services import covers, endpoints, outcomes, parts, refund_outcomes
        from stores.services.orders import order_guards

        outcomes.register()
        refund_outcomes.register()
        endpoints.register()
        parts.after_merge += [covers.pay_order, covers.close_answered_incidents]
        order_guards.append(covers.refuse_open_payment)
