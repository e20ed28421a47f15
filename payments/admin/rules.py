"""The rules about cards: managers of a store set them, no money moves by it."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.models import CardRule, Effect
from stores.admin_base import StoreScopedAdmin
from stores.admin_row_filters import OwnRowsFilter
from stores.principals import MANAGERS


@admin.register(CardRule)
class CardRuleAdmin(StoreScopedAdmin[CardRule]):
    fieldsets = [
        (None, {"fields": ["store", "position", "is_active"]}),
        (
            _("Which cards"),
            {
                "fields": ["brand", "funding", "country", "wallet"],
                "description": _(
                    "A card must fit all of these. While a store has a rule in force,"
                    " its readers read every card before it is charged, whatever a till asks for."
                ),
            },
        ),
        (_("What then"), {"fields": ["effect", "sentence"]}),
    ]
    fixed_fields = ("store",)
    list_display = ["cards", "shown_effect", "sentence", "position", "store", "is_active"]
    list_filter = [("store", OwnRowsFilter), "effect", "is_active"]
    search_fields = ["sentence"]
    autocomplete_fields = ["store"]
    ordering = ["store", "position", "pk"]
    empty_sentence = _("No rules yet: every card is taken.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CardRule]:
        return super().get_queryset(request).select_related("store")

    @admin.display(description=_("Cards"))
    def cards(self, rule: CardRule) -> str:
        cards = rule.conditions() or gettext("every card")
        return cards[0].upper() + cards[1:]

    @admin.display(description=_("Effect"), ordering="effect")
    def shown_effect(self, rule: CardRule) -> SafeString:
        tone = words.BAD if rule.effect == Effect.REFUSE else words.BUSY
        return words.badge(tone, rule.get_effect_display())

    def has_delete_permission(self, request: HttpRequest, obj: CardRule | None = None) -> bool:
        """What was seen by it is kept with the payments."""
        return obj is not None and self.holds(request, obj, MANAGERS)
