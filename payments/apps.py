from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments.services import conversation, endpoints, intents
        from stores.services.orders import order_guards

        intents.register()
        endpoints.register()
        conversation.after_merge.append(intents.pay_order)
        order_guards.append(intents.refuse_open_payment)
