"""How readers are set up: what is said where, what holds, and how far Stripe knows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from payments.admin import words
from payments.models import UNFINISHED, RequestStatus, StripeRequest
from payments.transitions import request_words
from stores.admin.prices import AmountsAdmin, AmountsForm
from stores.admin_base import StoreScopedAdmin, principal_of
from stores.admin_row_filters import OwnRowsFilter
from stores.currencies import MINIMUM, spoken_amount
from terminal.admin.differences import listed
from terminal.models import (
    AS_ABOVE,
    FIELDS,
    NO_ONE_CURRENCY,
    SCREENS,
    Part,
    ReaderConfiguration,
    only_currency,
)
from terminal.services import configurations, configuring
from terminal.transitions import pictures
from terminal.transitions.configurations import Holds, holding, tip_choices, whence, words_of

LEVELS = ("location", "store", "account")


class WholeNumbers(forms.CharField):
    """Numbers as a person writes them: 15, 18, 20."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int]:
        parts = [part.strip() for part in super().clean(value).split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts):
            says = gettext("Write whole numbers with commas between, like 15, 18, 20.")
            raise forms.ValidationError(says)
        return [int(part) for part in parts]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def state_of(asked: list[StripeRequest]) -> tuple[str, str]:
    """How far Stripe knows the present version: a tone, and words."""
    refused = [each for each in asked if each.status in _NOT_DONE]
    if refused:
        said = refused[-1].error_message or refused[-1].error_code or gettext("no clear answer")
        sentence = gettext("{request}: {answer} Save again to try again.")
        return words.BAD, sentence.format(request=request_words(refused[-1].kind), answer=said)
    waiting = [each for each in asked if each.status in UNFINISHED]
    if waiting:
        sentence = gettext("{request}: waiting for Stripe.")
        return words.BUSY, sentence.format(request=request_words(waiting[0].kind))
    if asked:
        return words.GOOD, gettext("Known to Stripe")
    return words.QUIET, gettext("Nothing to tell Stripe yet.")


_NOT_DONE = (RequestStatus.REFUSED, RequestStatus.ABANDONED)


def holding_of(row: ReaderConfiguration) -> dict[Part, Holds]:
    """What holds where the row speaks, as it is saved; read once per page."""
    known: dict[Part, Holds] | None = row.__dict__.get("holding")
    if known is None:
        saved = ReaderConfiguration.objects.get(pk=row.pk)  # a form that is wrong changed this one
        known = row.__dict__["holding"] = holding(configurations.levels_of(saved))
    return known


def holds_field(part: Part) -> Callable[[ReaderConfiguration], str]:
    """A line of the form that says which level's value holds for a part."""

    @admin.display(description=part.label if part in SCREENS else _("What holds"))
    def holds(row: ReaderConfiguration) -> str:
        if not row.pk:
            return words.NOTHING
        return whence(part, holding_of(row).get(part), seen_from=row.level)

    holds.__name__ = f"holds_{part.value}"
    return holds


HOLDS = {part: holds_field(part) for part in Part}


PICTURES = {part: (f"{part.value}_picture", f"{part.value}_as_above") for part in SCREENS}


class PictureField(forms.FileField):
    """A picture of exactly the size of a screen."""

    def __init__(self, part: Part, **options: Any) -> None:
        self.screen = SCREENS[part]
        super().__init__(
            label=_("Picture"),
            required=False,
            help_text=format_lazy(
                _(
                    "A JPG or PNG of {width} by {height} pixels below 2 MB, or a GIF below 4 MB,"
                    " which is scaled."
                ),
                width=self.screen[0],
                height=self.screen[1],
            ),
            widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg,image/gif"}),
            **options,
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file:
            if refused := pictures.refusal(file.read(pictures.LARGEST_GIF), self.screen):
                raise forms.ValidationError(refused)
            file.seek(0)
        return file


def as_above() -> forms.BooleanField:
    return forms.BooleanField(
        label=AS_ABOVE,
        required=False,
        help_text=_("No picture of its own any more."),
        widget=UnfoldBooleanWidget(),
    )


class ReaderConfigurationForm(AmountsForm):
    """Of one account, store or location; which, is said when it is added."""

    amounts = ("smart_tip_threshold",)
    amount_lists = ("fixed_amounts",)
    no_currency = NO_ONE_CURRENCY

    bbpos_wisepos_e_picture = PictureField(Part.WISEPOS_E)
    bbpos_wisepos_e_as_above = as_above()
    stripe_s700_picture = PictureField(Part.S700)
    stripe_s700_as_above = as_above()
    stripe_s710_picture = PictureField(Part.S710)
    stripe_s710_as_above = as_above()

    class Meta:
        model = ReaderConfiguration
        fields = [
            "account",
            "store",
            "location",
            *(each for said in FIELDS.values() for each in said),
        ]
        help_texts: ClassVar = {
            "account": _("For all its stores that say nothing of their own."),
            "store": _("For all its locations that say nothing of their own."),
            "location": _("For its readers, whatever store and account say."),
            "fixed_amounts": _("Three amounts, like 1.00; 2.00; 3.00."),
            "smart_tip_threshold": _(
                "With both: sales below this amount are offered the amounts, others the"
                " percentages."
            ),
        }

    def currency(self, chosen: Mapping[str, Any]) -> str:
        if self.instance.pk is not None:
            return only_currency(self.instance.stores)
        location, store, account = (chosen.get(level) for level in LEVELS)
        if location is not None:
            store = location.store
        if store is not None:
            return str(store.currency)
        return only_currency(account.stores.all()) if account else ""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = [name for name in LEVELS if given.get(name)]
        if self.instance.pk is None and len(chosen) != 1:
            says = gettext("Choose one account, one store or one location.")
            raise forms.ValidationError(says)
        return given

    def pictures(self) -> dict[Part, configuring.Picture | None]:
        """Those that change."""
        changed: dict[Part, configuring.Picture | None] = {}
        for part, (picture, above) in PICTURES.items():
            if file := self.cleaned_data.get(picture):
                changed[part] = configuring.Picture(str(file.name)[:100], file.read())
            elif self.cleaned_data.get(above):
                changed[part] = None
        return changed

    def _post_clean(self) -> None:
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]


def _fields(part: Part) -> list[Any]:
    preview = ["preview"] if part == Part.TIPPING else []
    return [HOLDS[part], *FIELDS.get(part, ()), *preview]


STANDING = ("at_stripe", "differences", "shown_configurations")


@admin.register(ReaderConfiguration)
class ReaderConfigurationAdmin(AmountsAdmin, StoreScopedAdmin[ReaderConfiguration]):
    list_display = ["shown_for", "store", "said", "at_stripe"]
    list_filter = [("account", OwnRowsFilter), ("store", OwnRowsFilter), "asks_for_tips"]
    list_select_related = ["account", "store", "location"]
    search_fields = ["account__name", "store__name", "location__display_name"]
    autocomplete_fields = ["account", "store", "location"]
    ordering = ["account", F("store").asc(nulls_first=True), F("location").asc(nulls_first=True)]
    empty_sentence = _(
        "Readers are as Stripe sets them up. Add what an account, a store or a location wants."
    )
    fixed_fields = ("account", "store", "location")
    form = ReaderConfigurationForm
    readonly_fields: ClassVar[Any] = [
        *STANDING,
        "preview",
        *HOLDS.values(),
    ]
    fieldsets: ClassVar[Any] = [
        (None, {"fields": ["account", "store", "location", *STANDING]}),
        *((part.label, {"fields": _fields(part)}) for part in FIELDS),
        (
            _("Splash screens"),
            {"fields": [each for part in SCREENS for each in (HOLDS[part], *PICTURES[part])]},
        ),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: ReaderConfiguration | None = None) -> Any:
        """What is known once it is there stands on no form that adds one."""
        shown = super().get_fieldsets(request, obj)
        read = set() if obj else {*STANDING, "preview", *HOLDS.values()}
        return [
            (title, {**options, "fields": [each for each in options["fields"] if each not in read]})
            for title, options in shown
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReaderConfiguration]:
        return super().get_queryset(request).prefetch_related("account__stores")

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "account":
            kwargs["queryset"] = configurations.accounts_of(principal_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "percentages":
            return WholeNumbers(
                label=capfirst(db_field.verbose_name),
                required=False,
                help_text=str(db_field.help_text),
                widget=UnfoldAdminTextInputWidget(),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: ReaderConfiguration, form: Any, change: bool
    ) -> None:
        """Stripe is told by a worker: nothing here waits for it."""
        configuring.change(obj, by=principal_of(request), pictures=form.pictures())
        follow = gettext("Stripe is being told. Readers follow within ten minutes of its yes.")
        self.message_user(request, follow)

    @admin.display(description=_("Of"), ordering="pk")
    def shown_for(self, row: ReaderConfiguration) -> str:
        """The account, the store or the location whose readers are meant."""
        return {
            "location": gettext("{name} (location)"),
            "store": gettext("{name} (store)"),
            "account": gettext("{name} (account)"),
        }[row.level].format(name=row.owner)

    @admin.display(description=_("Configurations"))
    def shown_configurations(self, row: ReaderConfiguration) -> str:
        return ", ".join(row.configurations.values()) or words.NOTHING

    @admin.display(description=_("Said there"))
    def said(self, row: ReaderConfiguration) -> str:
        return words_of(row)

    @admin.display(description=_("Buttons on the reader"))
    def preview(self, row: ReaderConfiguration) -> SafeString | str:
        """What a customer is offered on some sales, as the row is saved."""
        tips = holding_of(row).get(Part.TIPPING) if row.pk else None
        if tips is None or not tips.value:
            return words.NOTHING
        lines = [
            (
                gettext("On {amount}:").format(amount=spoken_amount(amount, currency)),
                format_html_join(
                    " ",
                    '<span class="badge quiet">{}</span>',
                    ((spoken_amount(each, currency),) for each in tip_choices(tips.value, amount)),
                ),
            )
            for currency in sorted({store.currency for store in row.stores})
            for amount in _examples(currency, tips.value.get("smart_tip_threshold"))
        ]
        return format_html(
            '<ul class="plain">{}</ul>', format_html_join("", "<li>{} {}</li>", lines)
        )

    @admin.display(description=_("Found at night"))
    def differences(self, row: ReaderConfiguration) -> SafeString | str:
        return listed(configuration=row) or words.NOTHING

    @admin.display(description=_("At Stripe"))
    def at_stripe(self, row: ReaderConfiguration) -> SafeString | str:
        if not row.pk:
            return words.NOTHING
        known = row.__dict__.get("asked")  # in a list, of all rows at once
        asked = configuring.requests_of_all([row])[row.pk] if known is None else known
        return words.badge(*state_of(asked))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        rows = list(listed.result_list)
        asked = configuring.requests_of_all(rows)
        for row in rows:
            row.__dict__["asked"] = asked[row.pk]
        listed.result_list = rows
        return listed


def _examples(currency: str, threshold: int | None) -> list[int]:
    """Sales of some sizes: 5, 20 and 100 in dollars; and on both sides of the threshold."""
    smallest = MINIMUM.get(currency, 50)
    edges = (threshold - 1, threshold) if threshold else ()
    return sorted({10 * smallest, 40 * smallest, 200 * smallest, *edges} - {0})
