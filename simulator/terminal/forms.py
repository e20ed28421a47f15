"""Forms on the reader's screen, filled in one input after the other.

https://docs.stripe.com/terminal/features/collect-inputs
"""

from base64 import b64decode
from typing import Any

from simulator.api.objects import new_metadata
from simulator.api.routes import Call, operation
from simulator.errors import bad_request, missing_param
from simulator.payments import files
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import device
from simulator.terminal.device import COLLECTING_INPUTS, Ending
from simulator.terminal.readers import retrieve

MOST_INPUTS = 5
MOST_CHOICES = 4
MOST_TOGGLES = 4
INACTIVITY_MS = 120_000
NO_CHOICES: Json = {"choices": []}
NOTHING_DRAWN = '<svg xmlns="http://www.w3.org/2000/svg"/>'
SIGNATURE_KEPT_SECONDS = 7 * 24 * 3600
TIMED_OUT = Ending("collect_inputs_timeout", "collect inputs was timed out")
# What the test helper enters; a selection takes its first choice.
CANNED = {
    "email": "someone@example.com",
    "numeric": "2907981236",
    "phone": "+15555551234",
    "text": "Jane Doe",
}


def collect_inputs(call: Call) -> Record:
    """Nothing is kept on the device: the answers are in the action, and in its event."""
    world, params = call.world, call.params
    reader = retrieve(call)
    sent = params["inputs"]
    if not 0 < len(sent) <= MOST_INPUTS:
        raise bad_request(f"You must provide 1 to {MOST_INPUTS} inputs.", None, "inputs")
    content: Json = {"metadata": new_metadata(params)}
    content["inputs"] = [_input(each, f"inputs[{place}]") for place, each in enumerate(sent)]

    def command() -> None:
        device.begin(world, reader, "collect_inputs", content, COLLECTING_INPUTS)
        reader.hidden["form"] = {"index": 0, "touched": 0, "until": None}
        _wait_for_the_customer(world, reader)

    device.send(world, reader, command)
    return reader


def _input(sent: Json, path: str) -> Json:
    type, text = sent["type"], sent["custom_text"]
    _require_short(text, "title", 40, f"{path}[custom_text]")
    _require_short(text, "description", 500 if type == "selection" else 100, f"{path}[custom_text]")
    _require_short(text, "submit_button", 30, f"{path}[custom_text]")
    _require_short(text, "skip_button", 14, f"{path}[custom_text]")
    toggles = sent.get("toggles", [])
    if len(toggles) > MOST_TOGGLES:
        raise bad_request(f"You may pass at most {MOST_TOGGLES} toggles.", None, f"{path}[toggles]")
    names = ("description", "skip_button", "submit_button", "title")
    return {
        "custom_text": {name: text.get(name) for name in names},
        "required": sent.get("required", False),
        "toggles": [_toggle(each, f"{path}[toggles][{n}]") for n, each in enumerate(toggles)],
        "type": type,
        type: _selection(sent, path) if type == "selection" else {"value": None},
    }


def _toggle(sent: Json, path: str) -> Json:
    """25 characters each when there is both a title and a description, else 50."""
    if "title" not in sent and "description" not in sent:
        raise missing_param(f"{path}[title]")
    longest = 25 if "title" in sent and "description" in sent else 50
    for name in ("title", "description"):
        _require_short(sent, name, longest, path)
    shown = {name: sent.get(name) for name in ("default_value", "description", "title")}
    return shown | {"default_value": shown["default_value"] or "disabled", "value": None}


def _selection(sent: Json, path: str) -> Json:
    choices = sent.get("selection", {}).get("choices")
    where = f"{path}[selection][choices]"
    if not choices:
        raise missing_param(where)
    if len(choices) > MOST_CHOICES:
        raise bad_request(f"You may pass at most {MOST_CHOICES} choices.", None, where)
    for place, choice in enumerate(choices):
        _require_short(choice, "id", 50, f"{where}[{place}]")
        _require_short(choice, "text", 30, f"{where}[{place}]")
    shown = [
        {"id": each["id"], "style": each.get("style"), "text": each["text"]} for each in choices
    ]
    return {"choices": shown, "id": None, "text": None}


def _require_short(sent: Json, name: str, longest: int, path: str) -> None:
    if len(sent.get(name, "")) > longest:
        message = f"{name} must have at most {longest} characters."
        raise bad_request(message, "parameter_invalid_string", f"{path}[{name}]")


def current(reader: Record) -> Json:
    """The input on the screen."""
    found: Json = device.content_of(reader)["inputs"][reader.hidden["form"]["index"]]
    return found


def answer(
    world: World,
    reader: Record,
    value: str | None,
    toggles: list[Any] | None = None,
    *,
    skip: bool = False,
) -> None:
    """The customer fills in the input on the screen, or skips it, and the next one comes.

    `value` is the text, the id of a choice, or a drawing; `toggles` are `enabled` or `disabled`,
    one for each, their defaults when left out.
    """
    world.nobody_asked()
    _require_form(world, reader)
    shown = current(reader)
    if skip and shown["required"]:
        raise bad_request("This input is required: there is no skip button.", None, "skip")
    if not skip:
        _require_fits(shown, value)
        _require_toggles(shown, toggles)
    _fill(world, reader, shown, value, toggles, skip=skip)
    form = reader.hidden["form"]
    form["index"] += 1
    form["touched"] += 1
    if form["index"] == len(device.content_of(reader)["inputs"]):
        device.end(world, reader, Ending(shown="thanks"))
    else:
        _wait_for_the_customer(world, reader)


def _require_form(world: World, reader: Record) -> None:
    if reader.hidden["phase"] != COLLECTING_INPUTS or device.is_away(world, reader):
        raise bad_request(f"Reader {reader.id} shows no form.")


def _require_fits(shown: Json, value: str | None) -> None:
    """What the device itself does not let through."""
    type, text = shown["type"], value or ""
    fits = {
        "email": "@" in text.strip("@"),
        "numeric": text.isdigit(),
        "phone": text.removeprefix("+").isdigit(),
        "text": bool(text),
        "signature": True,
        "selection": any(
            text == each["id"] for each in shown.get("selection", NO_CHOICES)["choices"]
        ),
    }
    if not fits[type]:
        raise bad_request(f"'{text}' is no answer to an input of type {type}.", None, "value")


def _require_toggles(shown: Json, toggles: list[Any] | None) -> None:
    if toggles is None:
        return
    wrong = [each for each in toggles if each not in ("enabled", "disabled")]
    if wrong or len(toggles) != len(shown["toggles"]):
        count = len(shown["toggles"])
        raise bad_request(f"There are {count} toggles, enabled or disabled.", None, "toggles")


def _fill(
    world: World,
    reader: Record,
    shown: Json,
    value: str | None,
    toggles: list[Any] | None,
    *,
    skip: bool,
) -> None:
    type = shown["type"]
    shown["skipped"] = skip
    if skip:
        return
    for toggle, chosen in zip(shown["toggles"], toggles or [None] * MOST_TOGGLES, strict=False):
        toggle["value"] = chosen or toggle["default_value"]
    if type == "selection":
        choice = next(each for each in shown[type]["choices"] if each["id"] == value)
        shown[type] |= {"id": choice["id"], "text": choice["text"]}
    elif type == "signature":
        shown[type]["value"] = _keep_signature(world, reader, value or "").id
    else:
        shown[type]["value"] = value


def _keep_signature(world: World, reader: Record, drawing: str) -> Record:
    """https://docs.stripe.com/api/files: kept for seven days. `drawing` is SVG, or a data URL."""
    head, _, encoded = drawing.partition(";base64,")
    if encoded:
        suffix, content = head.rpartition("/")[2], b64decode(encoded)
    else:
        suffix, content = "svg", (drawing or NOTHING_DRAWN).encode()
    expires_at = world.clock.now() + SIGNATURE_KEPT_SECONDS
    name = f"signature.{suffix}"
    return files.new(world, reader.account, "customer_signature", name, content, expires_at)


def _wait_for_the_customer(world: World, reader: Record) -> None:
    reader.hidden["form"]["until"] = world.clock.now_ms() + INACTIVITY_MS
    world.save(reader)
    world.agenda.schedule(
        INACTIVITY_MS,
        "time_out_form",
        reader=reader.id,
        command=reader.hidden["command"],
        touched=reader.hidden["form"]["touched"],
    )


def time_out_form(world: World, reader: str, command: int, touched: int) -> None:
    """Two minutes without a touch."""
    record = world.store.anywhere("readers", reader)
    if record is None or record.hidden["command"] != command or record.hidden["form"] is None:
        return
    if record.hidden["form"]["touched"] == touched and not device.is_away(world, record):
        device.end(world, record, TIMED_OUT)


def succeed_input_collection(call: Call) -> Record:
    """The test helper: canned answers, the same each time."""
    reader = _with_form(call)
    skip = call.params.get("skip_non_required_inputs", "none") == "all"
    for shown in device.content_of(reader)["inputs"][reader.hidden["form"]["index"] :]:
        value = CANNED.get(shown["type"])
        if shown["type"] == "selection":
            value = shown["selection"]["choices"][0]["id"]
        answer(call.world, reader, value, skip=skip and not shown["required"])
    return reader


def timeout_input_collection(call: Call) -> Record:
    reader = _with_form(call)
    call.world.nobody_asked()
    device.end(call.world, reader, TIMED_OUT)
    return reader


def _with_form(call: Call) -> Record:
    reader = retrieve(call)
    _require_form(call.world, reader)
    return reader


_HELPERS = "/v1/test_helpers/terminal/readers/{id}"
OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/readers/{id}/collect_inputs",
        "readers.collect_inputs",
        collect_inputs,
        "terminal.ReaderCollectInputsParams",
        "terminal.reader",
        takes="inputs metadata",
    ),
    operation(
        "POST",
        f"{_HELPERS}/succeed_input_collection",
        "readers.succeed_input_collection",
        succeed_input_collection,
        "test_helpers.terminal.ReaderSucceedInputCollectionParams",
        "terminal.reader",
        takes="skip_non_required_inputs",
    ),
    operation(
        "POST",
        f"{_HELPERS}/timeout_input_collection",
        "readers.timeout_input_collection",
        timeout_input_collection,
        "test_helpers.terminal.ReaderTimeoutInputCollectionParams",
        "terminal.reader",
    ),
]
JOBS = {"time_out_form": time_out_form}
