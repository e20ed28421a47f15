"""Reports by principal: pages and exports show nothing that is hidden. It …"""

import pytest
from django.utils import timezone

from payments.models import Payment, Refund
from payments.services.reports.registry import REPORTS
from stores.models import Store
from terminal.models import ReaderAction
from tests.isolation.conftest import ABSENT, Visitor, digest, shape
from tests.isolation.table import PEOPLE, PRINCIPALS

PAGES = ["/admin/reports/"] + [
    f"/admin/reports/{name}{end}" for name in REPORTS for end in ("/", ".csv", ".xlsx")
]
FEES = [f"/admin/payments/feemovement/report{end}" for end in ("/", ".csv", ".xlsx")]
LISTS = [
    f"/admin/payments/{model}/export.{form}"
    for model in ("payment", "refund")
    for form in ("csv", "xlsx")
]
OUTSIDE = [name for name in PRINCIPALS if name not in PEOPLE]
with_secrets = pytest.mark.parametrize(
    "visit", [name for name, who in PEOPLE.items() if who.hidden], indirect=True
)


def everything_counts():
    """Whatever there is, it is of today, and every report is about it."""
    now = timezone.now()
    Payment.objects.filter(method="card", ended_at=None).update(
        status="succeeded", ended_at=now, tip_amount=1
    )
    Refund.objects.update(created_at=now)
    ReaderAction.objects.filter(payment__isnull=False).update(
        status="failed", ended_at=now, decline_code="do_not_honor"
    )


def told(visit: Visitor, page: str, query=None):
    """What is betrayed by an answer; a file's text is read, too."""
    answer = visit.ask("GET", page, query or {})
    if answer.streaming:
        body = b"".join(answer.streaming_content)
        answer = type("Read", (), {"content": body, "headers": answer.headers})()
    return visit.betrayed(answer, [*(query or {}).values()])


@pytest.mark.parametrize("visit", OUTSIDE, indirect=True)
def test_sends_everybody_else_to_log_in(visit: Visitor):
    for page in PAGES + FEES + LISTS:
        assert visit.ask("GET", page).headers["Location"].startswith("/admin/login/"), page


@with_secrets
def test_names_nothing_that_is_hidden(visit: Visitor):
    everything_counts()
    for page in PAGES + FEES:
        if not page.endswith(".xlsx"):  # packed; it has the lines of the CSV
            assert not told(visit, page), page
            assert not told(visit, page, {"period": "this_month"}), page


@with_secrets
def test_exports_no_row_of_a_hidden_store(visit: Visitor):
    for page in LISTS:
        if page.endswith(".csv"):
            assert not told(visit, page), page
            for place in visit.hidden(Store):
                pk = visit.world.id(Store, place)
                for query in ({"store__id__exact": pk}, {"store__id__exact": pk, "e": 1}):
                    assert not told(visit, page, query), page


@with_secrets
def test_answers_for_a_hidden_store_as_for_none(visit: Visitor):
    for page in PAGES[1:]:
        absent = visit.ask("GET", page, {"store": ABSENT})
        for place in visit.hidden(Store):
            pk = visit.world.id(Store, place)
            answer = visit.ask("GET", page, {"store": pk})
            assert shape(answer, pk) == shape(absent, ABSENT), (page, place)


@with_secrets
def test_shows_no_payout_of_another_company(visit: Visitor):
    from payments.models import Payout

    for place in visit.hidden(Payout):
        payout = visit.world.rows[Payout][place].payout_id
        answer = visit.ask("GET", "/admin/reports/payouts/", {"payout": payout})
        assert answer.status_code in (403, 404)


@with_secrets
def test_closes_no_day_of_a_hidden_store(visit: Visitor):
    before = digest()
    for place in visit.hidden(Store):
        pk = visit.world.id(Store, place)
        page = f"/admin/reports/day-close/close/?store={pk}&day={timezone.now():%Y-%m-%d}"
        answer = visit.ask("POST", page, {"counted": "1.00"})
        assert answer.status_code in (302, 403)
        assert not visit.betrayed(answer, [pk])
    assert digest() == before


@pytest.mark.parametrize("visit", ["support"], indirect=True)
def test_lets_support_read_and_close_nothing(visit: Visitor):
    for page in PAGES + FEES:
        answer = visit.ask("GET", page)
        assert not answer.streaming or b"".join(answer.streaming_content)
        assert answer.status_code == 200, page
    pk = visit.world.id(Store, "own")
    page = f"/admin/reports/day-close/close/?store={pk}&day={timezone.now():%Y-%m-%d}"
    assert visit.ask("POST", page, {"counted": "1.00"}).status_code == 403
