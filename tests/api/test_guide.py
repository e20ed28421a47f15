"""docs/api.md is complete. It …"""

import re
from pathlib import Path

import pytest

from payments.models import State
from stores.errors import DomainError

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


IN_THE_ADMIN = {"secret_refused", "not_for_you", "pin_too_weak"}
IN_THE_ADMIN |= {"day_not_closable", "not_replayed"}


def section(title):
    return GUIDE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_explains_every_state():
    explained = re.findall(r"^\| `(\w+)` \|", section("States of a payment"), re.MULTILINE)

    assert sorted(explained[1:]) == sorted(State.values)  # the first is the heading


def every_code():
    """What a tablet may be answered; `refused` is the parent's, which nobody raises.

    Incidents are resolved, fees set and retailers onboarded elsewhere.
    """
    elsewhere = {"refused", "incident_resolved", "fee_plan_not_allowed", "fee_plan_refused"}
    elsewhere |= {"not_the_platform", "invitation_refused"}
    elsewhere |= {"onboarding_not_possible", "too_many_links", "not_their_return"}
    elsewhere |= {"account_not_disconnected"}
    waiting, codes = [DomainError], set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        codes.add(kind.code)
    return sorted(codes - elsewhere - IN_THE_ADMIN)


@pytest.mark.parametrize("code", every_code())
def test_explains_every_refusal(code):
    assert f"`{code}`" in section("Errors")
