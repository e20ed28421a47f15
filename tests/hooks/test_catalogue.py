"""Every way to attack the webhooks that was thought of, and the test that tries it."""

import importlib

import pytest

SIGNATURES, HOSTILE, DOOR = "test_signatures", "test_hostile_deliveries", "test_front_door"
PAYMENTS, READERS = "test_payment_events", "test_reader_events"
REFUSED = "test_refuses_and_stores_nothing"
# Module, test and, where the test has a table, the row.
ATTACKS: dict[str, tuple[str, ...]] = {
    "F1 no signature": (SIGNATURES, REFUSED, "none"),
    "F2 an empty one": (SIGNATURES, REFUSED, "empty"),
    "F3 garbage": (SIGNATURES, REFUSED, "garbage"),
    "F4 t only": (SIGNATURES, REFUSED, "only the time"),
    "F5 v1 only": (SIGNATURES, REFUSED, "only the signature"),
    "F6 a wrong secret": (SIGNATURES, REFUSED, "wrong secret"),
    "F7 another endpoint's": (SIGNATURES, "test_refuses_what_another_endpoints_secret_has_signed"),
    "F8 an empty key": (SIGNATURES, REFUSED, "empty secret"),
    "F9 v0 only": (SIGNATURES, REFUSED, "v0 only"),
    "F10 another body": (SIGNATURES, REFUSED, "another body"),
    "F11 serialised anew": (SIGNATURES, REFUSED, "the body serialised anew"),
    "F12 upper case": (SIGNATURES, REFUSED, "in upper case"),
    "F13 truncated": (SIGNATURES, REFUSED, "truncated"),
    "F14 two v1, the second right": (SIGNATURES, "test_takes_one_right_signature_among_several"),
    "F15 fifty wrong v1": (SIGNATURES, REFUSED, "fifty wrong ones"),
    "F16 t twice": (SIGNATURES, REFUSED, "two times"),
    "F17 t is NaN": (SIGNATURES, REFUSED, "no number"),
    "F17 t is -1": (SIGNATURES, REFUSED, "negative"),
    "F17 t is 1e99": (SIGNATURES, REFUSED, "exponent"),
    "F18 digits of another script": (SIGNATURES, REFUSED, "digits of another script"),
    "F19 a secret in a header": (SIGNATURES, "test_a_header_cannot_bring_its_own_secret"),
    "F20 twice": (DOOR, "test_a_duplicate_costs_one_statement_and_changes_nothing"),
    "F21 after 301 s": (SIGNATURES, REFUSED, "too old"),
    "F22 in parallel": (DOOR, "test_sixteen_deliveries_at_once_make_one_row_and_one_bell"),
    "F23 a day ahead": (SIGNATURES, REFUSED, "dated a day ahead"),
    "F24 the same id, signed anew": (DOOR, "test_another_body_under_a_known_id_changes_nothing"),
    "F30 the other mode": (DOOR, "test_an_event_of_the_other_mode_is_stored_as_ignored"),
    "F31 an unknown account": (READERS, "test_an_account_we_do_not_serve_is_ignored"),
    "F32 B's account, A's id": (
        PAYMENTS,
        "test_another_accounts_event_about_the_same_id_does_nothing",
    ),
    "F33 another order's id": (
        PAYMENTS,
        "test_metadata_naming_another_payment_rings_what_the_id_says",
    ),
    "F34 no account": (PAYMENTS, "test_another_accounts_event_about_the_same_id_does_nothing"),
    "F35 a stranger's payment": (
        PAYMENTS,
        "test_metadata_does_not_ring_a_payment_that_has_a_payment_intent",
    ),
    "F36 an unknown type": (READERS, "test_types_nobody_uses_are_ignored"),
    "F37 a thin event": (HOSTILE, "NO_EVENTS", "a thin event"),
    "F38 an older version": (HOSTILE, "test_stores_an_event_however_odd_its_content"),
    "F39 a thousand fields": (HOSTILE, "test_stores_an_event_however_odd_its_content"),
    "F40 tolerance 0": (SIGNATURES, "test_saves_no_endpoint_that_is_open_to_anybody"),
    "F41 no validation": (SIGNATURES, "test_saves_no_endpoint_that_is_open_to_anybody"),
    "F42 an empty secret": (SIGNATURES, "test_saves_no_endpoint_that_is_open_to_anybody"),
    "F43 2 MB": (HOSTILE, "test_refuses_megabytes_without_keeping_or_logging_them"),
    "F44 3 MB": (HOSTILE, "test_refuses_megabytes_without_keeping_or_logging_them"),
    "F45 NUL": (HOSTILE, "test_refuses_bytes_that_are_no_text"),
    "F46 no UTF-8": (HOSTILE, "test_refuses_bytes_that_are_no_text"),
    "F47 garbage from a proxy": (
        HOSTILE,
        "test_a_forged_address_or_host_of_a_proxy_changes_nothing",
    ),
    "F48 methods": (HOSTILE, "test_takes_POST_only"),
    "F48 types and encodings": (
        HOSTILE,
        "test_neither_content_type_nor_encoding_make_a_forgery_better",
    ),
    "F48 chunked": (HOSTILE, "test_a_body_without_a_length_is_an_empty_body"),
    "F48 unknown endpoint": (HOSTILE, "test_an_unknown_endpoint_is_not_found"),
    "F48 disabled endpoint": (
        HOSTILE,
        "test_a_disabled_endpoint_is_not_found_even_when_its_secret_is_known",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_is_tried(attack):
    module, test, *row = ATTACKS[attack]
    tests = importlib.import_module(f"tests.hooks.{module}")

    assert hasattr(tests, test)
    for name in row:
        assert name in (tests.REFUSED if module == SIGNATURES else tests.NO_EVENTS)


def test_is_numbered_without_a_gap():
    numbers = {int(attack.split()[0].removeprefix("F")) for attack in ATTACKS}

    assert numbers == {*range(1, 25), *range(30, 49)}
