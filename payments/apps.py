from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments.services import endpoints, intents, outcomes, parts, refund_outcomes
        from stores.services.orders import order_guards

        outcomes.register()
        refund_outcomes.register()
        endpoints.register()
        parts.after_merge += [intents.pay_order, intents.close_answered_incidents]
        order_guards.append(intents.refuse_open_payment)
