"""Forms on the reader: https://docs.stripe.com/terminal/features/collect-inputs"""

import pytest
import stripe

EMAIL = {"type": "email", "custom_text": {"title": "Your e-mail"}, "required": True}
SIGNATURE = {
    "type": "signature",
    "custom_text": {"title": "Sign", "description": "Below", "skip_button": "No"},
}
SIZE = {
    "type": "selection",
    "custom_text": {"title": "Size"},
    "selection": {
        "choices": [
            {"id": "s", "text": "Small", "style": "primary"},
            {"id": "l", "text": "Large"},
        ]
    },
    "toggles": [{"title": "Gift wrap", "default_value": "enabled"}, {"description": "News"}],
}


def collect(simulator, reader, *inputs, **params):
    params = {"inputs": list(inputs), **params}
    return simulator.v1.terminal.readers.collect_inputs(reader, params)


def screen(simulator, reader):
    return simulator.look(f"readers/{reader}")["screen"]


def answer(simulator, reader, **body):
    return simulator.tell(f"readers/{reader}/inputs", **body)


def refusal(simulator, reader, *inputs):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        collect(simulator, reader, *inputs)
    return refused.value


def test_a_form_says_back_what_it_asks(simulator, reader):
    asked = collect(simulator, reader, EMAIL, SIZE, metadata={"order": "7"}).action
    assert (asked.type, asked.status) == ("collect_inputs", "in_progress")
    email, size = asked.collect_inputs.to_dict()["inputs"]
    assert asked.collect_inputs.metadata.to_dict() == {"order": "7"}
    assert email == {
        "custom_text": {
            "title": "Your e-mail",
            "description": None,
            "skip_button": None,
            "submit_button": None,
        },
        "email": {"value": None},
        "required": True,
        "toggles": [],
        "type": "email",
    }
    assert size["required"] is False
    assert size["selection"]["choices"][1] == {"id": "l", "text": "Large", "style": None}
    assert [each["value"] for each in size["toggles"]] == [None, None]


def test_a_customer_fills_in_one_input_after_the_other(simulator, reader):
    collect(simulator, reader, EMAIL, SIZE, SIGNATURE)
    shown = screen(simulator, reader)
    assert (shown["kind"], shown["title"]) == ("form", "Your e-mail")
    assert (shown["input"]["index"], shown["input"]["count"]) == (0, 3)
    answer(simulator, reader, value="jenny@example.com")
    answer(simulator, reader, value="l", toggles=["disabled", "enabled"])
    assert simulator.action(reader).status == "in_progress"
    answer(simulator, reader, value="<svg/>")
    ended = simulator.action(reader)
    assert ended.status == "succeeded"
    email, size, signature = ended.collect_inputs.inputs
    assert (email.email.value, email.skipped) == ("jenny@example.com", False)
    assert (size.selection.id, size.selection.text) == ("l", "Large")
    assert [each.value for each in size.toggles] == ["disabled", "enabled"]
    assert signature.signature.value.startswith("file_")
    assert simulator.events() == ["terminal.reader.action_succeeded"]
    assert screen(simulator, reader)["kind"] == "thanks"
    simulator.tell("clock", advance=3)
    assert screen(simulator, reader)["kind"] == "splash"


@pytest.mark.parametrize(
    ("drawing", "type", "content"),
    [
        ("<svg/>", "svg", b"<svg/>"),
        ("data:image/png;base64,iVBORw0KGgo=", "png", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_a_signature_is_a_file_for_seven_days(simulator, reader, drawing, type, content):
    collect(simulator, reader, SIGNATURE)
    answer(simulator, reader, value=drawing)
    id = simulator.action(reader).collect_inputs.inputs[0].signature.value
    file = simulator.v1.files.retrieve(id)
    assert (file.purpose, file.type) == ("customer_signature", type)
    assert file.expires_at - file.created == 7 * 24 * 3600
    assert simulator.raw("GET", f"/v1/files/{id}/contents").content == content
    simulator.tell("clock", advance=7 * 24 * 3600)
    assert simulator.raw("GET", f"/v1/files/{id}/contents").status_code == 404


def test_toggles_left_alone_have_their_defaults(simulator, reader):
    collect(simulator, reader, SIZE)
    answer(simulator, reader, value="s")
    toggles = simulator.action(reader).collect_inputs.inputs[0].toggles
    assert [each.value for each in toggles] == ["enabled", "disabled"]


def test_what_is_not_required_can_be_skipped(simulator, reader):
    collect(simulator, reader, SIGNATURE, EMAIL)
    answer(simulator, reader, skip=True)
    answer(simulator, reader, skip=True, status=400)
    answer(simulator, reader, value="a@b.c")
    first = simulator.action(reader).collect_inputs.inputs[0]
    assert (first.skipped, first.signature.value) == (True, None)


@pytest.mark.parametrize(
    ("type", "wrong", "right"),
    [
        ("email", "jenny", "j@example.com"),
        ("numeric", "12a", "12"),
        ("phone", "call me", "+15555550100"),
        ("text", "", "anything"),
    ],
)
def test_the_device_takes_only_what_fits(simulator, reader, type, wrong, right):
    collect(simulator, reader, {"type": type, "custom_text": {"title": "x"}})
    answer(simulator, reader, value=wrong, status=400)
    answer(simulator, reader, value=right)
    assert simulator.action(reader).collect_inputs.inputs[0][type].value == right


def test_the_helper_fills_in_everything(simulator, reader):
    types = ("email", "phone", "text", "numeric")
    plain = [{"type": each, "custom_text": {"title": each}} for each in types]
    collect(simulator, reader, *plain, SIZE)
    helper = simulator.v1.test_helpers.terminal.readers.succeed_input_collection
    ended = helper(reader).action
    assert ended.status == "succeeded"
    values = [
        each[each.type].id if each.type == "selection" else each[each.type].value
        for each in ended.collect_inputs.inputs
    ]
    assert values == ["someone@example.com", "+15555551234", "Jane Doe", "2907981236", "s"]


def test_the_helper_can_skip(simulator, reader):
    collect(simulator, reader, EMAIL, SIGNATURE)
    helper = simulator.v1.test_helpers.terminal.readers.succeed_input_collection
    email, signature = helper(reader, {"skip_non_required_inputs": "all"}).action.collect_inputs[
        "inputs"
    ]
    assert (email.skipped, signature.skipped) == (False, True)


def test_the_helper_can_time_out(simulator, reader):
    collect(simulator, reader, EMAIL)
    helper = simulator.v1.test_helpers.terminal.readers.timeout_input_collection
    ended = helper(reader).action
    assert (ended.status, ended.failure_code) == ("failed", "collect_inputs_timeout")
    assert ended.api_error is None
    assert simulator.events() == ["terminal.reader.action_failed"]
    with pytest.raises(stripe.InvalidRequestError):
        helper(reader)


def test_two_minutes_without_a_touch_end_it(simulator, reader):
    collect(simulator, reader, EMAIL, SIGNATURE)
    simulator.tell("clock", advance=119)
    answer(simulator, reader, value="a@b.c")
    simulator.tell("clock", advance=119)
    assert simulator.action(reader).status == "in_progress"
    simulator.tell("clock", advance=2)
    assert simulator.action(reader).failure_code == "collect_inputs_timeout"


def test_a_form_can_be_canceled_or_replaced(simulator, reader):
    collect(simulator, reader, EMAIL)
    assert simulator.v1.terminal.readers.cancel_action(reader).action is None
    collect(simulator, reader, EMAIL)
    simulator.process(reader, simulator.intent())
    simulator.tell("clock", advance=121)
    assert simulator.action(reader).status == "in_progress"


def test_no_form_no_answer(simulator, reader):
    answer(simulator, reader, value="x", status=400)


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({**EMAIL, "custom_text": {"title": "x" * 41}}, "custom_text][title"),
        (
            {**EMAIL, "custom_text": {"title": "x", "description": "x" * 101}},
            "custom_text][description",
        ),
        (
            {**EMAIL, "custom_text": {"title": "x", "submit_button": "x" * 31}},
            "custom_text][submit_button",
        ),
        (
            {**EMAIL, "custom_text": {"title": "x", "skip_button": "x" * 15}},
            "custom_text][skip_button",
        ),
        ({**EMAIL, "toggles": [{"title": "x"}] * 5}, "toggles"),
        ({**EMAIL, "toggles": [{"default_value": "enabled"}]}, "toggles][0][title"),
        ({**EMAIL, "toggles": [{"title": "x" * 51}]}, "toggles][0][title"),
        (
            {**EMAIL, "toggles": [{"title": "x" * 26, "description": "x"}]},
            "toggles][0][title",
        ),
        ({**SIZE, "selection": {"choices": []}}, "selection][choices"),
        (
            {**SIZE, "selection": {"choices": [{"id": "x" * 51, "text": "x"}]}},
            "selection][choices][0][id",
        ),
        (
            {**SIZE, "selection": {"choices": [{"id": "x", "text": "x" * 31}]}},
            "selection][choices][0][text",
        ),
    ],
)
def test_limits(simulator, reader, wrong, param):
    assert refusal(simulator, reader, wrong).param == f"inputs[0][{param}]"


def test_a_long_description_suits_a_selection(simulator, reader):
    collect(simulator, reader, {**SIZE, "custom_text": {"title": "x", "description": "x" * 500}})


def test_one_to_five_inputs(simulator, reader):
    collect(simulator, reader, *[EMAIL] * 5)
    assert refusal(simulator, reader, *[EMAIL] * 6).param == "inputs"
