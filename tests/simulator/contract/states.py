"""Which fields are an object's states, and which of their values need what we do not have."""

# Of all values that the SDK lists, these do not come about here.
ELSEWHERE: dict[str, set[str]] = {
    "Account.Controller.StripeDashboard.type": set(),
    "Account.type": set(),
    "Capability.status": set(),
    "Charge.status": {"pending"},  # methods that take days, such as sepa_debit
    "Dispute.status": {"prevented"},  # by products that settle with the customer before
    "PaymentIntent.cancellation_reason": {"failed_invoice", "void_invoice"},  # Billing
    "PaymentIntent.status": {"processing"},  # methods that take days
    "Refund.reason": set(),
    "SetupIntent.cancellation_reason": set(),
    "SetupIntent.status": {"processing", "requires_action"},  # other methods, 3D Secure
    "terminal.Reader.Action.CollectInputs.Input.type": set(),
    "terminal.Reader.Action.status": set(),
    "terminal.Reader.Action.type": {"print_content"},  # has no endpoint
    "terminal.Reader.status": set(),
}

# Where the SDK lists no values, those that Stripe's reference tells of.
UNLISTED: dict[str, set[str]] = {
    "Payout.status": {"canceled", "failed", "in_transit", "paid", "pending"},
    "Refund.status": {"canceled", "failed", "pending", "succeeded"},  # requires_action: no cards
    "BalanceTransaction.status": {"available", "pending"},
    "SetupAttempt.status": {"failed", "succeeded"},
    "WebhookEndpoint.status": {"disabled", "enabled"},
}

# Fields whose combinations are the states.
TOGETHER: dict[str, tuple[str, ...]] = {
    "PaymentIntent": ("payment_method_types", "status"),
    "terminal.Reader.Action": ("type", "status"),
}
FINAL = ("failed", "in_progress", "succeeded")
COMBINED: dict[str, set[str]] = {
    "PaymentIntent: payment_method_types, status": {
        *(
            f"card {status}"
            for status in (
                "requires_capture",
                "requires_confirmation",
                "requires_payment_method",
                "succeeded",
            )
        ),
        *(
            f"card_present {status}"
            for status in (
                "canceled",
                "requires_capture",
                "requires_confirmation",
                "requires_payment_method",
                "succeeded",
            )
        ),
        *(
            f"card_present+{code} {status}"
            for code in ("affirm", "paynow", "wechat_pay")
            for status in ("requires_action", "requires_payment_method", "succeeded")
        ),
        *(
            f"card_present+interac_present {status}"
            for status in ("requires_payment_method", "succeeded")
        ),
    },
    "terminal.Reader.Action: type, status": {
        *(f"collect_inputs {status}" for status in FINAL),
        *(f"confirm_payment_intent {status}" for status in FINAL),
        *(f"process_payment_intent {status}" for status in FINAL),
        *(f"process_setup_intent {status}" for status in FINAL),
        *(f"refund_payment {status}" for status in FINAL),
        # A card that was collected waits for its confirmation; a display has no end.
        *(f"collect_payment_method {status}" for status in ("failed", "in_progress")),
        "set_reader_display in_progress",
    },
}
