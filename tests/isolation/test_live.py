"""The live stream and the long poll by principal, of a real ASGI server. They …"""

import re

import httpx
import pytest

from payments.models import Payment
from stores.models import Account
from tests.isolation.conftest import ABSENT, WORD, Visitor, World, open_world
from tests.isolation.table import PRINCIPALS
from tests.live.conftest import PATIENCE, Server, following


@pytest.fixture
def world(transactional_db: None) -> World:
    """Another process looks at the rows."""
    return open_world()


def headers(visit: Visitor) -> dict[str, str]:
    session = visit.client.cookies.get("sessionid")
    if session:
        return {"Cookie": f"sessionid={session.value}"}
    return {"Authorization": f"Bearer {visit.token}"} if visit.token else {}


@pytest.mark.parametrize("visit", PRINCIPALS, indirect=True)
def test_tell_nothing_that_is_hidden(server: Server, visit: Visitor):
    asking, hidden = headers(visit), visit.world.secrets(visit.who)
    if not visit.who.is_let_in:
        answer = httpx.get(f"{server.url}/live/", headers=asking, timeout=PATIENCE)
        assert answer.status_code == 401
        assert hidden.isdisjoint(WORD.findall(answer.text))
    elif visit.who.is_support and not visit.who.reason:
        answer = httpx.get(f"{server.url}/live/", headers=asking, timeout=PATIENCE)
        assert (answer.status_code, answer.json()["code"]) == (403, "reason_needed")
    else:
        with following(server, asking) as stream:
            told = " ".join(each.get("data", "") for each in stream.until("ready"))
        assert hidden.isdisjoint(WORD.findall(told))
        assert all(str(visit.world.id(Payment, place)) in told for place in visit.who.sees)

    def poll(pk: int) -> tuple[int, str]:
        url = f"{server.url}/live/payments/{pk}/?timeout=0"
        answer = httpx.get(url, headers=asking, timeout=PATIENCE)
        assert hidden.isdisjoint(set(WORD.findall(answer.text)) - {str(pk)})
        return answer.status_code, re.sub(str(pk), "ID", answer.text)

    def bell(pk: int) -> tuple[int, str]:
        answer = httpx.get(f"{server.url}/live/accounts/{pk}/", headers=asking, timeout=PATIENCE)
        return answer.status_code, re.sub(str(pk), "ID", answer.text)

    for place in visit.who.hidden:
        assert poll(visit.world.id(Payment, place)) == poll(ABSENT)
    for place in visit.hidden(Account):
        assert bell(visit.world.id(Account, place)) == bell(ABSENT)
    for place in visit.who.sees:
        assert poll(visit.world.id(Payment, place))[0] == 200
