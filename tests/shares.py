"""Which tests `make test` runs, and which it leaves to `make test-wide` (docs/adr/0022).

Somebody waits for `make test`. What it leaves out proves again, with another principal, another
page, another spoiled answer, what the rest of the same test proves, or takes long to prove what
seldom changes. CI runs both shares; `pytest` alone runs everything it is asked for.
"""

from __future__ import annotations

import zlib
from collections import defaultdict

import pytest

# Of each test so many cases are quick, spread over its parameters.
CASES = 1
# Of these all: what is counted is what all of them did together.
WHOLE = ("tests/proof/test_walks.py",)

# These are not quick at all.
LONG = {
    "tests/admin/test_every_page.py": [
        "test_there_is_a_row_on_which_each_page_can_be_seen",
    ],
    "tests/admin/test_translated_pages.py": [
        "test_no_page_says_in_english_what_it_could_say_in_spanish_and_french",
    ],
    "tests/api/test_any_request.py": [
        "test_is_answered_as_the_document_says",
    ],
    "tests/api/test_races.py": [  # the quick share has the one of all these at once
        "TestReaders::test_are_moved_to_one_of_many",
        "TestReaders::test_are_swapped_by_nobody",
        "TestReaders::test_are_taken_over_by_one",
        "TestReaders::test_get_one_of_those_that_move_there_and_those_that_start_there",
    ],
    "tests/isolation/test_admin.py": [
        "test_answers_a_hidden_id_like_an_absent_one",
        "test_lets_support_look_and_change_nothing",
    ],
    "tests/live/test_stream.py": [
        "test_holds_no_database_connection_per_client",
        "test_lets_the_server_stop",
    ],
    "tests/proof/test_collected_cards.py": [
        "test_a_card_nobody_asks_about_is_charged_by_itself_without_any_webhook",
        "test_a_card_nobody_decides_about_is_let_go_though_no_timer_runs",
        "test_the_webhook_brings_the_card_and_the_cashier_confirms_it",
    ],
    "tests/proof/test_kills.py": [
        "test_a_kill_anywhere_costs_nothing",
        "test_every_crash_point_of_the_code_is_passed_by_a_flow",
    ],
    "tests/proof/test_processes.py": [  # the short soak does most of this at once
        "test_a_frozen_worker_is_overtaken_and_writes_nothing_when_it_wakes",
        "test_a_killed_worker_costs_seconds_and_no_sale",
        "test_a_reader_timeout_is_one_charge_either_way",
        "test_a_refund_whose_worker_is_killed_is_one_refund",
        "test_a_sale_promised_while_nobody_listens_is_taken_up_later",
        "test_a_worker_that_is_told_to_stop_finishes_what_it_asked_stripe",
        "test_a_worker_whose_broker_dies_while_it_works_takes_work_again_when_it_is_back",
        "test_an_approval_that_lands_three_seconds_after_a_connection_error_wins",
        "test_redis_flushed_between_hand_over_and_worker_loses_nothing",
        "test_redis_stopped_in_the_middle_of_a_sale_costs_seconds",
        "test_the_dispatcher_seals_the_log",
        "test_three_dispatchers_side_by_side_do_everything_once",
        "test_with_all_webhooks_dropped_a_tap_is_paid_within_five_seconds",
    ],
    "tests/retail/test_big_data.py": [
        "test_fills_a_database_that_keeps_its_rules_and_books",
        "test_leaves_a_filled_database_as_it_is",
    ],
    "tests/retail/test_embedded.py": [
        "TestRefusals::test_a_second_launcher_is_told_who_has_it",
        "TestRefusals::test_data_of_another_user_is_left_alone",
        "TestRefusals::test_data_of_another_version_is_left_alone",
        "test_end_an_orphan_that_no_guardian_was_left_to_end",
        "test_keep_the_data_from_start_to_start",
        "test_leave_alone_who_has_got_the_number_of_a_server",
        "test_leave_no_process_behind_when_killed_while_starting",
        "test_leave_nothing_behind_when_killed_and_start_again_at_once",
        "test_leave_nothing_behind_when_the_launcher_is_stopped",
        "test_leave_nothing_behind_when_the_launchers_parent_is_killed",
        "test_open_no_directory_of_roots_to_others",
        "test_serve_over_sockets_that_only_their_user_can_reach",
        "test_start_fresh_when_var_was_deleted",
    ],
    "tests/retail/test_launch.py": [
        "TestRefusals::test_a_database_that_cannot_be_prepared",
        "test_gives_the_demo_its_last_days_when_everything_runs",
        "test_starts_everything_and_again_with_the_data_kept",
    ],
    "tests/retail/test_load_demo.py": [
        "test_changes_nothing_the_second_time",
        "test_has_one_store_whose_readers_offer_tips",
        "test_keeps_what_a_person_changed",
        "test_lets_in_everyone_it_names",
        "test_makes_locations_and_readers_anew_where_stripe_was_emptied",
        "test_registers_only_the_readers_that_are_missing",
        "test_registers_readers_where_their_store_makes_its_charges",
        "test_sets_new_passwords_when_the_old_ones_are_lost",
        "test_uses_the_accounts_of_a_sandbox",
    ],
    "tests/retail/test_load_demo_past.py": [
        "test_comes_before_what_somebody_sells_while_it_is_written",
        "test_does_nothing_where_somebody_sold_something",
        "test_finds_at_night_what_was_renamed_in_stripes_dashboard",
        "test_leaves_something_for_everybody",
        "test_leaves_the_readers_to_those_who_sell",
        "test_puts_nothing_aside_where_somebody_sold_something",
        "test_sells_by_the_clock_of_each_store_and_the_same_for_whoever_asks_twice",
        "test_shows_who_had_a_card_saved_and_what_customers_answered",
        "test_tells_our_books_and_stripe_one_story",
    ],
    "tests/retail/test_processes.py": [
        "test_can_be_killed_and_started_again",
        "test_come_back_as_usual_for_the_next_test",
        "test_load_no_page_of_the_admin_where_none_is_served",
        "test_start_with_an_environment_of_their_own",
    ],
    "tests/retail/test_setup_database.py": [
        "test_does_nothing_quickly_when_all_is_applied",
        "test_goes_on_from_the_end_of_the_history_before_and_from_nowhere_else_in_it",
        "test_makes_the_schema_that_dj_stripes_own_migrations_make",
        "test_migrates_normally_where_dj_stripe_has_tables",
        "test_takes_turns_when_two_set_up_at_once",
    ],
    "tests/retail/test_walls.py": [
        "test_leaves_django_nothing_to_complain_of_in_production",
        "test_stands_before_every_route",
    ],
    "tests/sale/test_sale.py": [
        "test_cancels_when_it_is_interrupted",
        "test_captures_what_was_approved_with_a_tip",
        "test_has_the_cashier_confirm_the_card",
        "test_leaves_the_card_to_a_person_and_says_where",
        "test_looks_at_the_card_first_and_charges_it_by_itself",
        "test_says_how_to_start_a_demo_that_does_not_run",
        "test_says_that_the_card_was_declined_and_leaves_nothing_behind",
        "test_says_why_a_rule_refused_the_card",
        "test_sells_by_curl_as_the_guide_tells_it",
        "test_sells_on_the_reader_that_is_named",
    ],
    "tests/simulator/contract/test_coverage.py": [
        "test_every_combination_is_walked",
        "test_every_operation_is_walked",
        "test_every_state_is_walked",
    ],
    "tests/simulator/test_control.py": [
        "test_the_clock_can_run_fast_and_what_is_due_happens_in_time",
    ],
    "tests/simulator/test_fault_kinds.py": [
        "test_a_payment_intent_takes_a_thousand_updates_an_hour",
    ],
    "tests/simulator/test_process.py": [
        "test_a_delivery_that_was_released_is_not_held_by_the_next_start",
        "test_a_journal_keeps_idempotency_keys_ids_and_what_is_still_to_come",
        "test_a_line_cut_short_by_a_crash_is_left_out",
        "test_a_signal_ends_it_at_once_though_a_client_hangs",
        "test_a_stale_read_is_planned_for_the_next_start_too",
        "test_it_ends_when_its_parent_dies",
        "test_its_clock_can_begin_elsewhere_and_stand_still",
        "test_the_seed_decides_the_ids",
        "test_two_simulators_do_not_share_a_journal",
        "test_with_a_journal_the_next_start_goes_on_where_this_one",
        "test_without_a_journal_nothing_is_written",
    ],
    "tests/simulator/test_scenarios.py": [
        "test_it_is_played_from_the_command_line_and_goes_on_after_a_restart",
    ],
}


@pytest.hookimpl
def pytest_addoption(parser: pytest.Parser) -> None:
    shares = parser.getgroup("shares")
    shares.addoption(
        "--share",
        choices=["quick", "wide"],
        help="quick: what somebody waits for; wide: all that leaves out",
    )


@pytest.hookimpl
def pytest_report_header(config: pytest.Config) -> str:
    share = config.getoption("share")
    left = {"quick": "wide", "wide": "quick"}.get(share, "")
    return f"share: {share}; the {left} one has the rest" if share else ""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    share = config.getoption("share")
    if share is None:
        return
    wide = _wide(items)
    if config.args_source == pytest.Config.ArgsSource.TESTPATHS:
        _refuse_unknown(items)
    shares: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        shares[item.nodeid in wide].append(item)
    items[:] = shares.pop(share == "wide")
    config.hook.pytest_deselected(items=next(iter(shares.values())))


def _wide(items: list[pytest.Item]) -> set[str]:
    """The ids of what `make test` leaves out."""
    cases: dict[str, list[str]] = defaultdict(list)
    for item in items:
        cases[item.nodeid.partition("[")[0]].append(item.nodeid)
    left: set[str] = set()
    for test, ids in cases.items():
        file, _, name = test.partition("::")
        quick = 0 if name in LONG.get(file, ()) else len(ids) if file in WHOLE else CASES
        left |= set(ids) - _spread(test, ids, quick)
    return left


def _spread(test: str, ids: list[str], most: int) -> set[str]:
    """So many of them, at even distances; each test begins elsewhere, so that all are met."""
    if most >= len(ids):
        return set(ids)
    start = zlib.crc32(test.encode())
    return {ids[(start + number * len(ids) // most) % len(ids)] for number in range(most)}


def _refuse_unknown(items: list[pytest.Item]) -> None:
    """What is named above and is not there would be left out unseen under its new name."""
    there = {item.nodeid.partition("[")[0] for item in items}
    there |= {test.partition("::")[0] for test in there}
    named = {*WHOLE, *(f"{file}::{name}" for file, names in LONG.items() for name in names)}
    if unknown := sorted(named - there):
        raise pytest.UsageError(f"tests/shares.py names what is not there: {', '.join(unknown)}")
