"""What Stripe does not document, one named choice each; see README.md for what each means.

A default is the reading we think likelier. Tests of money paths should hold under both.
"""

from simulator.state.store import Json

DEFAULTS: Json = {
    # readers
    "bad_registration_code_code": "none",
    "blank_software_reports_api_error": True,
    "canceled_action_emits_failed": False,
    "collected_action_status": "in_progress",
    "collected_reader_is_busy": True,
    "collection_expiry": "fails",
    "confirm_waits_for_card": False,
    "declined_present_raises": False,
    "deleting_a_location_detaches_readers": True,
    "local_payments_only": True,
    "location_addresses": "line1",
    "offline_status_lags": True,
    "present_when_idle": "refuse",
    "reader_refusal_status": 400,
    "replaced_action_emits_failed": False,
    "simulated_s710": True,
    "untouched_action_seconds": 0,
    "unpayable_intent_failure_code": "intent_invalid_state",
    # cards and amounts
    "interac_manual_capture": "refuse",
    "most_confirmations": 50,
    "pin_amounts": "approve",
    "reader_tips_need_manual_capture": False,
    "sca_retry_emits_payment_failed": True,
    "test_amounts": True,
    # money
    "automatic_payouts": False,
    "async_capture_delay_ms": 1000,
    "captured_again_code": "payment_intent_unexpected_state",
    "expired_hold_reason": "automatic",
    "minimum_amounts": True,
    "over_capture_code": "amount_too_large",
    "over_capture_floor": 5000,
    "refund_failure_delay_ms": 60_000,
    "refund_over_balance": "succeed",
    "released_hold_refund": True,
    "reversal_over_balance": "refuse",
    # Connect and the wire
    "bad_stripe_account_status": 403,
    "ignored_parameters": "accept",
    "oauth_keeps_idempotency_keys": False,
    "rate_limits": "off",
    "inactive_capability_code": "capability_not_active",
    "platform_reader_events": "platform",
    "platform_readers_direct_charges": False,
    "rejections_name_the_platform": False,
    "verification_ms": 1000,
    "webhook_endpoint_limit": 16,
    "webhook_signature_clock": "real",
    "webhook_timeout_ms": 10_000,
}

CHOICES: dict[str, tuple[str, ...]] = {
    "bad_registration_code_code": ("none", "resource_missing"),
    "captured_again_code": ("payment_intent_unexpected_state", "charge_already_captured"),
    "collected_action_status": ("in_progress", "succeeded"),
    "collection_expiry": ("fails", "silent"),
    "expired_hold_reason": ("automatic", "expired"),
    "ignored_parameters": ("accept", "refuse"),
    "interac_manual_capture": ("refuse", "decline"),
    "location_addresses": ("line1", "by_country"),
    "over_capture_code": ("amount_too_large", "invalid_charge_amount"),
    "present_when_idle": ("refuse", "ignore"),
    "platform_reader_events": ("platform", "connect"),
    "pin_amounts": ("approve", "decline"),
    "refund_over_balance": ("succeed", "wait"),
    "rate_limits": ("off", "sandbox", "live"),
    "reversal_over_balance": ("refuse", "overdraw"),
    "webhook_signature_clock": ("real", "simulator"),
}


def change(switches: Json, wanted: Json) -> None:
    """All of them or none: a name or a value we do not know raises ValueError."""
    for name, value in wanted.items():
        if name not in DEFAULTS:
            raise ValueError(f"There is no switch {name!r}. There are: {', '.join(DEFAULTS)}.")
        if type(value) is not type(DEFAULTS[name]):
            nouns = {bool: "true or false", int: "a whole number", str: "a text"}
            raise ValueError(f"{name} is {nouns[type(DEFAULTS[name])]}.")
        if type(value) is int and value < 0:
            raise ValueError(f"{name} is 0 or more.")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} is one of: {', '.join(CHOICES[name])}.")
    switches.update(wanted)
