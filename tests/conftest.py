import pytest
from pytest_django.plugin import DjangoDbBlocker

from payments.services import watching
from tests import services


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """This process's database: a copy of the template, in place of pytest-django's migrating."""
    with django_db_blocker.unblock():
        own = services.current()
        own.create_database(own.database)


@pytest.fixture(autouse=True)
def nothing_known_of_stripe():
    """What a test saw of Stripe's troubles and clock is nothing to the next."""
    watching.forget()
