"""The language of the admin: what the browser asks for, unless somebody chose another."""

from django.test import Client
from django.urls import reverse
from django.utils import translation

from stores.models import Order
from tests import factories

SIGN_IN = {"en": "Log in", "es": "Iniciar sesión", "fr": "Se connecter"}
FRENCH = "fr-FR,fr;q=0.9,en;q=0.5"


def page(client: Client, asked: str = "") -> str:
    answer = client.get(reverse("admin:login"), headers={"Accept-Language": asked})
    return answer.content.decode()


def choose(client: Client, language: str) -> None:
    there = reverse("admin:login")
    answer = client.post(reverse("set_language"), {"language": language, "next": there})
    assert (answer.status_code, answer["Location"]) == (302, there)


def test_without_a_choice_a_page_is_in_the_language_that_the_browser_asks_for(db, client: Client):
    assert '<html lang="en"' in page(client)
    french = page(client, FRENCH)
    assert '<html lang="fr"' in french
    assert SIGN_IN["fr"] in french


def test_what_somebody_chose_is_remembered_against_the_browsers_language(db, client: Client):
    choose(client, "es")
    spanish = page(client, FRENCH)
    assert '<html lang="es"' in spanish
    assert SIGN_IN["es"] in spanish
    assert client.cookies["django_language"]["max-age"] == 365 * 24 * 3600


def test_the_login_page_and_the_menu_offer_every_language_in_its_own_words(sign_in):
    inside = sign_in("manager").get(reverse("admin:index")).content.decode()
    for shown in (page(Client()), inside):
        for name in ("English", "Español", "Français", "Français (Canada)"):
            assert f">{name}</button>" in shown


def test_nobody_is_sent_elsewhere_by_a_choice(db, client: Client):
    sent = {"language": "fr", "next": "https://elsewhere.example/"}
    assert client.post(reverse("set_language"), sent)["Location"] == "/"


def test_amounts_are_shown_and_typed_as_ones_language_writes_them(sign_in, store):
    product = factories.ProductFactory.create(store=store, unit_amount=123_456)
    client = sign_in("manager")
    for language in ("en", "es", "fr", "fr-ca"):
        choose(client, language)
        listed = client.get(reverse("admin:stores_product_changelist")).content.decode()
        is_french = language.startswith("fr")
        shown = "1\u00a0234,56" if is_french else "1,234.56"
        assert f"{shown} {store.currency.upper()}" in listed
        form = client.get(reverse("admin:stores_product_change", args=[product.pk]))
        typed = "1234,56" if is_french else "1234.56"
        assert f'value="{typed}"' in form.content.decode()


def test_every_name_of_a_model_of_ours_is_looked_up_when_it_is_shown():
    with translation.override("fr"):
        assert str(Order._meta.verbose_name_plural) == "commandes"
        assert str(Order._meta.get_field("created_at").verbose_name) == "créé"
    with translation.override("en"):
        assert str(Order._meta.verbose_name_plural) == "orders"


def test_a_page_of_staff_is_in_spanish_for_a_spanish_browser(sign_in):
    url = reverse("admin:payments_payment_unresolved")
    board = sign_in("manager").get(url, headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert "Todo está resuelto." in board.content.decode()
