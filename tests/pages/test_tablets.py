"""On a tablet nothing of a list stands beyond its edge, in the dark as in the light."""

from __future__ import annotations

import pytest

from tests.pages.addresses import stops
from tests.pages.screenshots import TABLET
from tests.pages.tour import Seen, visit

pytestmark = pytest.mark.processes
# What scrolls sideways, and the page itself: by how many pixels, and which columns take how many.
BEYOND = """() => {
  const wide = [...document.querySelectorAll("*")].filter(
    each => each.scrollWidth > each.clientWidth && (each === document.scrollingElement ||
      ["auto", "scroll"].includes(getComputedStyle(each).overflowX))
  );
  const columns = [...document.querySelectorAll("#result_list thead th")];
  return wide.map(each => [each.scrollWidth - each.clientWidth, each.className, columns.map(
    column => `${column.innerText.trim().split("\\n")[0]} ${column.offsetWidth}`)]);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_list_fits_on_a_tablet(people, owner, scheme):
    page = people.page(owner, color_scheme=scheme, viewport=TABLET)
    found = {}
    for stop in stops():
        is_list = stop.name.endswith("_changelist")
        if is_list and visit(page, stop) is Seen.PAGE and (beyond := page.evaluate(BEYOND)):
            found[page.url] = beyond
    assert not found, "\n".join(f"{at}: {each}" for at, each in found.items())
