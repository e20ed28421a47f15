"""A short soak: sixty sales while everything breaks. `make soak` is the long one."""

import pytest

from tests import services
from tests.soak import report
from tests.soak.run import Options, Soak

pytestmark = [pytest.mark.processes, pytest.mark.slow]


def test_sixty_sales_keep_every_promise_while_everything_breaks(stack, tmp_path):
    options = Options(sales=60, seed=4, tills=20, kill_every=8.0)
    away = services.current().send_away

    seen = Soak(stack, options, lambda: away(stack.database, 1.0)).run()

    report.count(seen)
    wrong = report.verdicts(seen)
    report.write(tmp_path, seen, wrong, stack)
    assert not wrong, "\n".join([*wrong, f"See {tmp_path}", report.table(seen)])
