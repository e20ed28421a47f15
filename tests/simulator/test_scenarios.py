"""Shifts from a script, and the customers who come: /_simulator/scenarios"""

import json
import re
import subprocess
import sys

import pytest

from .conftest import ROOT, SHOP, Simulator, end, on, start

SHOP_OPEN = """
seed: 5
clock: {start: 2026-05-04T09:00:00Z, speed: 0}
accounts:
  - id: acct_1Shop
    country: US
    mcc: "5812"
    locations:
      - display_name: Main Street
        readers: [{label: front}, {label: back, registration_code: simulated-s700}]
"""


def play(simulator, text, status=200):
    answer = simulator.http.post(
        "/_simulator/scenarios", content=text, headers={"Content-Type": "application/yaml"}
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def advance(simulator, seconds):
    simulator.tell("clock", advance=seconds)


def progress(simulator):
    return simulator.look("scenarios")["scenario"]


def planned(simulator):
    return [fault["name"] for fault in simulator.look("faults")["faults"]]


def reader(simulator, label):
    listed = simulator.v1.terminal.readers.list({}, on(SHOP)).data
    return next(each.id for each in listed if each.label == label)


def sale(simulator, label, amount=1000, **config):
    intent = simulator.intent(amount, SHOP)
    simulator.process(reader(simulator, label), intent, SHOP, **config)
    return intent


# Steps


def test_steps_happen_at_their_time_and_in_their_order(simulator):
    play(
        simulator,
        SHOP_OPEN
        + """
steps:
  - at: "09:10"
    faults: {what: "503", name: at}
  - after: 5m
    faults: {what: "503", name: after}
  - at: +20m
    faults: {what: "503", name: since}
  - at: 2026-05-04T09:25:00Z
    clear_faults: after
  - at: "08:00"
    clear_faults: all
""",
    )
    seen = []
    for minutes in (9, 2, 5, 5, 5, 23 * 60):
        advance(simulator, minutes * 60)
        seen.append(planned(simulator))
    assert seen == [[], ["at"], ["at", "after"], ["at", "after", "since"], ["at", "since"], []]
    assert progress(simulator)["state"] == "done"


def test_a_step_comes_again_and_again(simulator):
    play(
        simulator,
        SHOP_OPEN
        + """
steps:
  - every: 10m
    times: 3
    faults: {what: "503", name: thrice}
  - at: "09:30"
    every: 15m
    until: "10:00"
    faults: {what: "503", name: until}
""",
    )
    advance(simulator, 4 * 3600)
    assert sorted(planned(simulator)) == ["thrice"] * 3 + ["until"] * 3
    assert [step["done"] for step in progress(simulator)["steps"]] == [3, 3]


def test_each_kind_of_step_calls_the_control_api(simulator):
    play(
        simulator,
        SHOP_OPEN
        + """
steps:
  - at: +1s
    switches: {test_amounts: false}
    webhooks: {drop: 0.5}
    readers: {which: front, condition: off}
    revoke_key: sk_test_gone
    call: {path: readers/none, method: GET}
  - at: +2s
    release: fifo
    clock: {speed: 2, advance: 1h}
""",
    )
    advance(simulator, 1)
    assert simulator.look("switches")["test_amounts"] is False
    assert simulator.look("webhooks")["drop"] == 0.5
    conditions = {each["label"]: each["condition"] for each in simulator.look("readers")["readers"]}
    assert conditions == {"front": "off", "back": None}
    revoked = simulator.raw("GET", "/v1/account", Authorization="Bearer sk_test_gone")
    assert revoked.status_code == 401
    (problem,) = progress(simulator)["problems"]
    assert problem["message"] == "GET /readers/none: No such reader: 'none'"
    assert problem["line"] == 13
    advance(simulator, 1)
    clock = simulator.look("clock")
    assert clock["speed"] == 2
    assert clock["at"] >= "2026-05-04T10:00:02"


def test_a_customer_can_be_scripted_and_the_newest_object_be_named(simulator):
    play(
        simulator,
        SHOP_OPEN
        + """
steps:
  - at: +10s
    customer: {which: front, act: present, card: mastercard}
  - at: +20s
    dashboard: {act: refund, account: acct_1Shop, id: latest charges}
""",
    )
    intent = sale(simulator, "front")
    advance(simulator, 11)
    paid = simulator.read(intent, SHOP)
    assert paid.status == "succeeded"
    assert paid.latest_charge.payment_method_details.card_present.brand == "mastercard"
    advance(simulator, 10)
    assert simulator.read(intent, SHOP).latest_charge.refunded
    assert progress(simulator)["problems"] == []


def test_accounts_are_restricted_and_leave_in_a_scenario(simulator):
    play(
        simulator,
        SHOP_OPEN
        + """
steps:
  - at: +1m
    account: {id: acct_1Shop, act: restrict}
  - at: +2m
    account: {id: acct_1Shop, act: restrict, reason: null}
  - at: +3m
    account: {id: acct_1Shop, act: deauthorize}
""",
    )
    seen = []
    for _ in range(2):
        advance(simulator, 61)
        seen.append(simulator.v1.accounts.retrieve(SHOP).charges_enabled)
    assert seen == [False, True]
    advance(simulator, 60)
    assert simulator.raw("GET", "/v1/account", Stripe_Account=SHOP).status_code == 403
    assert progress(simulator)["problems"] == []


def test_a_scenario_without_seed_and_clock_plays_in_what_there_is(simulator):
    intent = simulator.intent()
    play(simulator, "steps: [{at: +1m, faults: {set: stripe_down}}]")
    assert simulator.read(intent).id == intent.id
    advance(simulator, 61)
    assert simulator.raw("GET", "/v1/account").status_code == 503


def test_a_scenario_is_stopped_and_leaves_what_it_did(simulator):
    play(
        simulator,
        SHOP_OPEN
        + """
steps:
  - at: +1s
    faults: {what: "503", name: stays}
  - at: +1m
    faults: {what: "503", name: never}
""",
    )
    advance(simulator, 2)
    stopped = simulator.http.delete("/_simulator/scenarios").json()["scenario"]
    assert stopped["state"] == "stopped"
    advance(simulator, 120)
    assert planned(simulator) == ["stays"]


def test_a_new_scenario_takes_the_place_of_the_old_one(simulator):
    for name in ("first", "second"):
        play(simulator, f'steps: [{{at: +1m, faults: {{what: "503", name: {name}}}}}]')
    advance(simulator, 61)
    assert planned(simulator) == ["second"]


def test_a_scenario_comes_as_json_as_well(simulator):
    scenario = {"name": "as json", "steps": [{"at": "+1s", "faults": {"set": "stripe_down"}}]}
    assert simulator.tell("scenarios", **scenario)["scenario"]["name"] == "as json"


def test_a_reset_ends_it(simulator):
    play(simulator, SHOP_OPEN + "customers: [{}]")
    simulator.tell("reset")
    assert progress(simulator) is None
    assert simulator.look("health")["seed"] == 0
    assert simulator.look("clock")["speed"] == 1


# Customers


def open_shop(simulator, **customer):
    play(simulator, SHOP_OPEN + "customers: [" + json.dumps({"think": "5s"} | customer) + "]")


def counts(simulator):
    return progress(simulator)["counts"]


def test_a_customer_comes_to_a_reader_that_waits_and_thinks_before_paying(simulator):
    open_shop(simulator, cards={"amex": 1}, methods={"insert": 1})
    intent = sale(simulator, "front")
    advance(simulator, 4)
    assert simulator.read(intent, SHOP).status == "requires_payment_method"
    advance(simulator, 2)
    details = simulator.read(intent, SHOP).latest_charge.payment_method_details.card_present
    assert (details.brand, details.read_method) == ("amex", "contact_emv")
    assert counts(simulator) == {"pays": 1, "present": 1}


def test_customers_come_to_their_readers_only(simulator):
    open_shop(simulator, readers="fr*", account="acct_1S*")
    front, back = sale(simulator, "front"), sale(simulator, "back")
    advance(simulator, 60)
    assert simulator.read(front, SHOP).status == "succeeded"
    assert simulator.read(back, SHOP).status == "requires_payment_method"


def test_a_declined_customer_comes_back_when_asked_again(simulator):
    open_shop(simulator, cards={"insufficient_funds": 1})
    intent = sale(simulator, "front")
    advance(simulator, 6)
    assert simulator.read(intent, SHOP).last_payment_error.decline_code == "insufficient_funds"
    simulator.process(reader(simulator, "front"), intent, SHOP)
    advance(simulator, 6)
    assert counts(simulator) == {"pays": 2, "present": 2}


def test_customers_tip(simulator):
    open_shop(simulator, tips={"20%": 1})
    configurations = simulator.v1.terminal.configurations
    (default,) = configurations.list({"is_account_default": True}, on(SHOP)).data
    tipping = {"usd": {"percentages": [15, 20, 25]}}
    configurations.update(default.id, {"tipping": tipping}, on(SHOP))
    intent = sale(simulator, "front", 2500)
    advance(simulator, 11)
    paid = simulator.read(intent, SHOP)
    assert (paid.status, paid.amount_received) == ("succeeded", 3000)
    assert paid.amount_details.tip.amount == 500
    assert counts(simulator) == {"pays": 1, "tip": 1, "present": 1}


def test_customers_enter_a_pin_and_sometimes_a_wrong_one(simulator):
    open_shop(simulator, cards={"offline_pin_cvm": 1}, methods={"insert": 1}, wrong_pin=1)
    intent = sale(simulator, "front")
    advance(simulator, 30)
    assert simulator.read(intent, SHOP).last_payment_error.decline_code == "incorrect_pin"
    assert counts(simulator) == {"pays": 1, "present": 1, "pin": 3}


def test_customers_cancel_where_there_is_a_button(simulator):
    open_shop(simulator, cancels=1)
    intent = sale(simulator, "front", enable_customer_cancellation=True)
    advance(simulator, 6)
    assert simulator.read(intent, SHOP).status == "requires_payment_method"
    assert counts(simulator) == {"cancels": 1, "cancel_by_customer": 1}


def test_customers_walk_away(simulator):
    open_shop(simulator, walks_away=1)
    intent = sale(simulator, "front")
    advance(simulator, 600)
    assert simulator.read(intent, SHOP).status == "requires_payment_method"
    assert counts(simulator) == {"walks_away": 1}


def test_customers_fill_in_forms(simulator):
    open_shop(simulator)
    text = {"title": "Your name"}
    form = {"inputs": [{"type": "text", "custom_text": text, "required": True}]}
    front = reader(simulator, "front")
    simulator.v1.terminal.readers.collect_inputs(front, form, on(SHOP))
    advance(simulator, 6)
    action = simulator.v1.terminal.readers.retrieve(front, {}, on(SHOP)).action
    assert action.status == "succeeded"
    assert action.collect_inputs.inputs[0].text.value


def test_a_forgotten_card_is_fetched(simulator):
    open_shop(simulator, methods={"insert": 1}, leaves_card_in=1)
    sale(simulator, "front")
    advance(simulator, 6)
    assert simulator.look(f"readers/{reader(simulator, 'front')}")["condition"] == "card_left_in"
    advance(simulator, 20)
    assert simulator.look(f"readers/{reader(simulator, 'front')}")["condition"] is None


def test_after_a_read_error_the_same_customer_tries_again(simulator):
    open_shop(simulator)
    simulator.tell(f"readers/{reader(simulator, 'front')}", next={"outcome": "read_error"})
    intent = sale(simulator, "front")
    advance(simulator, 11)
    assert simulator.read(intent, SHOP).status == "succeeded"
    assert counts(simulator) == {"pays": 1, "present": 2}


def test_customers_go_home_when_the_scenario_ends(simulator):
    play(simulator, SHOP_OPEN + 'ends: "10:00"\ncustomers: [{}]')
    advance(simulator, 3601)
    assert progress(simulator)["state"] == "done"
    intent = sale(simulator, "front")
    advance(simulator, 60)
    assert simulator.read(intent, SHOP).status == "requires_payment_method"


# What comes along


def standing_still(name):
    """A shipped scenario whose clock is moved by the test alone."""
    text = (ROOT / f"simulator/scenarios/{name}.yaml").read_text()
    return re.sub(r"speed: \d+", "speed: 0", text)


def a_day(simulator, account, readers, currency, rounds):
    """A till that tries to sell at each reader again and again, whatever goes wrong."""
    answers = []
    for _ in range(rounds):
        for id in readers:
            form = f"amount=1100&currency={currency}&payment_method_types[]=card_present"
            made = simulator.raw("POST", "/v1/payment_intents", form, Stripe_Account=account)
            answers.append(made.text)
            if made.status_code == 200:
                path = f"/v1/terminal/readers/{id}/process_payment_intent"
                form = f"payment_intent={made.json()['id']}"
                answers.append(simulator.raw("POST", path, form, Stripe_Account=account).text)
            advance(simulator, 120)
    return answers


def test_the_quiet_morning_is_quiet(simulator):
    play(simulator, standing_still("quiet_morning"))
    readers = [each["id"] for each in simulator.look("readers")["readers"]]
    a_day(simulator, "acct_1QuietShop", readers, "usd", 5)
    assert counts(simulator) == {"pays": 10, "present": 10}
    advance(simulator, 4 * 3600)
    shown = progress(simulator)
    assert (shown["state"], shown["problems"]) == ("done", [])


def test_all_of_saturday_happens(simulator):
    play(simulator, standing_still("saturday"))
    advance(simulator, 10 * 3600)
    shown = progress(simulator)
    assert shown["state"] == "done"
    assert shown["problems"] == []
    assert all(step["done"] for step in shown["steps"])


def test_stripe_is_down_for_five_minutes(simulator):
    simulator.tell("clock", speed=0)
    simulator.tell("scenarios", shipped="stripe_down")
    seen = []
    for seconds in (59, 2, 298, 2, 28, 4):
        advance(simulator, seconds)
        seen.append([each["what"] for each in simulator.look("faults")["faults"]])
    assert seen == [[], ["503"], ["503"], ["hang"], ["hang"], []]
    assert progress(simulator)["state"] == "done"


def test_what_does_not_come_along_is_404(simulator):
    for name in ("nothing", "../README", "/etc/passwd"):
        simulator.tell("scenarios", status=404, shipped=name)


# Nonsense


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: The scenario is empty."),
        ("{", "line 1: This is no YAML"),
        ("a: [1\nb: 2", "line 2: This is no YAML"),
        ("[]", "line 1: This is a mapping of names to values."),
        ("name: x", "line 1: A scenario has steps, or customers, or both."),
        ("steps: []\ncolour: red", "line 2: colour: Unknown. Known here: name, description, seed"),
        ("steps: []\nsteps: []", "line 2: steps: This stands here twice."),
        ("seed: one\nsteps: []", "line 1: seed: This is a number, 0 or more."),
        ("clock:\n  start: noon\nsteps: []", "line 2: clock.start: This is a time, such as"),
        ("clock:\n  speed: -1\nsteps: []", "line 2: clock.speed: This is a number, 0 to 100000."),
        ("steps:\n  - faults: {what: '503'}", "line 2: steps[0]: A step says when"),
        ("steps:\n  - at: +1m", "line 2: steps[0]: A step does something: faults, clear_faults"),
        ("steps:\n  - at: '25:00'\n    release: fifo", "line 2: steps[0].at: This is a time"),
        ("steps:\n  - at: +soon\n    release: fifo", "line 2: steps[0].at: This is a duration"),
        ("steps:\n  - {at: +1m, after: 1m, release: fifo}", "at and after exclude each other"),
        ("steps:\n  - at: +1m\n    times: 2\n    release: fifo", "line 3: steps[0].times: This"),
        ("steps:\n  - every: 0s\n    release: fifo", "line 2: steps[0].every: This is longer"),
        ("steps:\n  - at: +1m\n    release: now", "line 3: steps[0].release: This is one of: fifo"),
        (
            "steps:\n  - at: +1m\n    faults:\n      what: fire",
            "line 3: steps[0].faults: what is one of: reset",
        ),
        ("steps:\n  - at: +1m\n    webhooks: {drop: 2}", "line 3: steps[0].webhooks: drop is"),
        ("steps:\n  - at: +1m\n    switches: {x: 1}", "line 3: steps[0].switches: There is no"),
        (
            "steps:\n  - at: +1m\n    readers: {condition: tired}",
            "line 3: steps[0].readers: condition is one of",
        ),
        ("steps:\n  - at: +1m\n    readers: {volume: 11}", "steps[0].readers: Unknown: volume."),
        ("steps:\n  - at: +1m\n    customer: {act: sing}", "steps[0].customer: act is one of: tip"),
        ("steps:\n  - at: +1m\n    call: {path: /moon}", "There is no POST /_simulator/moon."),
        ("steps:\n  - at: +1m\n    dashboard: {act: sing}", "There is no POST /_simulator/dashb"),
        ("steps:\n  - at: +1m\n    account: {act: sing}", "steps[0].account: This has an id and"),
        ("customers: [{cards: {plastic: 1}}]", "customers[0].cards.plastic: There is no such test"),
        ("customers: [{cards: {visa: 0}}]", "customers[0].cards: These weights have a sum above 0"),
        ("customers: [{methods: {bite: 1}}]", "customers[0].methods.bite: A method is one of: tap"),
        ("customers: [{tips: {much: 1}}]", "customers[0].tips.much: A tip is an amount"),
        ("customers: [{think: [5s, 1s]}]", "customers[0].think: This is a duration, or a range"),
        ("customers: [{cancels: 2}]", "customers[0].cancels: This is a number, 0 to 1."),
        ("accounts: [{colour: red}]\nsteps: []", "accounts[0].colour: Unknown."),
        (
            "accounts:\n  - locations:\n      - readers: []\nsteps: []",
            "line 3: accounts[0].locations[0]: A location has a display_name.",
        ),
        (
            "accounts: [{locations: [{display_name: x, readers: [{}]}]}]\nsteps: []",
            "A reader has a label",
        ),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused_with_line_and_reason(simulator, text, words):
    refused = play(simulator, text or " ", status=400)["error"]["message"]
    assert words in refused
    assert progress(simulator) is None


# The process


def test_it_is_played_from_the_command_line_and_goes_on_after_a_restart(tmp_path):
    path = tmp_path / "shift.yaml"
    path.write_text(
        SHOP_OPEN
        + """
customers: [{think: 10s}]
steps:
  - at: +1m
    faults: {what: "503", name: late}
"""
    )
    options = ("--scenario", str(path), "--journal", str(tmp_path / "journal"))
    process, url = start(*options)
    first = Simulator(url)
    intent = sale(first, "front")
    advance(first, 5)
    first.close()
    assert end(process) == 0
    process, url = start(*options)
    second = Simulator(url)
    advance(second, 10)
    assert second.read(intent, SHOP).status == "succeeded"
    advance(second, 60)
    assert planned(second) == ["late"]
    assert progress(second)["counts"] == {"pays": 1, "present": 1}
    second.close()
    assert end(process) == 0


def test_a_bad_scenario_ends_it_with_the_line(tmp_path):
    path = tmp_path / "shift.yaml"
    path.write_text("steps:\n  - at: soon\n    release: fifo\n")
    wrong = {str(path): "line 2: steps[0].at: This is a time", "nope": "No scenario of that name"}
    for name, words in wrong.items():
        ended = subprocess.run(
            [sys.executable, "-m", "simulator", "--scenario", name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 1
        assert words in ended.stderr
        assert len(ended.stderr.splitlines()) == 1


# Determinism


def test_the_same_seed_and_the_same_calls_give_the_same_bytes(simulator):
    def shift():
        play(simulator, standing_still("saturday"))
        simulator.tell("switches", webhook_signature_clock="simulator")
        ids = [
            each["id"]
            for each in simulator.look("readers")["readers"]
            if each["account"] == "acct_1Harbour"
        ]
        answers = a_day(simulator, "acct_1Harbour", ids, "usd", 6)
        events = simulator.raw("GET", "/v1/events?limit=100", Stripe_Account="acct_1Harbour")
        headers = [each["response_headers"] for each in simulator.look("exchanges")["exchanges"]]
        return answers, events.text, headers, counts(simulator)

    first = shift()
    assert len(first[0]) == 24
    assert shift() == first
