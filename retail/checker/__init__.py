"""The promises of the money path, checked over our books and what Stripe knows.

`violations` is pure: data in, broken promises out. The tests call it after each scenario with the
simulator's truth; `manage.py check_books` calls it on a live system with what Stripe lists.
"""

from collections.abc import Iterator

from retail.checker import conduct, money, refunds
from retail.checker.facts import AtStripe, Books, Rule, Violation


def violations(books: Books, stripe: AtStripe, *, settled: bool) -> Iterator[Violation]:
    """Every broken promise. `settled` says that nothing is on its way any more."""
    rules: tuple[Rule, ...] = (*money.ALWAYS, *refunds.ALWAYS, *conduct.ALWAYS)
    if settled:
        rules += (*money.SETTLED, *refunds.SETTLED, *conduct.SETTLED)
    for rule in rules:
        yield from rule(books, stripe)
