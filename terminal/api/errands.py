"""Forms, saved cards and their customers, as the API shows them, and what a till sends for them.

The limits are Stripe's: docs.stripe.com/terminal/features/collect-inputs
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.models import AllowRedisplay, Customer, SavedCard
from stores.api.base import shown
from stores.api.inputs import StrictSerializer, WholeNumber
from terminal.models import CollectedInputs, ReaderAction
from terminal.services import words

ACTIONS = ReaderAction.objects.select_related("reader", "saved_card__customer", "form")
CUSTOMERS = Customer.objects.prefetch_related("cards")

MOST_INPUTS, MOST_TOGGLES, MOST_CHOICES = 5, 4, 50
LONG_DESCRIPTION, SHORT_DESCRIPTION, SHORT_TOGGLE = 500, 100, 25


class Text(serializers.CharField):
    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(max_length=longest, trim_whitespace=False, **options)


class CustomTextInput(StrictSerializer):
    title = Text(40)
    description = Text(LONG_DESCRIPTION, required=False)
    submit_button = Text(30, required=False)
    skip_button = Text(14, required=False)


class ChoiceInput(StrictSerializer):
    id = Text(50)
    text = Text(30)
    # DRF takes fields out of the class, so that these two names are free.
    style = serializers.ChoiceField(  # type: ignore[assignment]
        choices=["primary", "secondary"], required=False
    )


class SelectionInput(StrictSerializer):
    choices = serializers.ListField(child=ChoiceInput(), min_length=1, max_length=MOST_CHOICES)


class ToggleInput(StrictSerializer):
    title = Text(50, required=False)
    description = Text(50, required=False)
    default_value = serializers.ChoiceField(choices=["enabled", "disabled"], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in ("title", "description") if attrs.get(name)]
        if not given:
            raise serializers.ValidationError(
                {"title": [gettext("A toggle has a title or a description.")]}
            )
        for name in given if len(given) == 2 else ():
            if len(attrs[name]) > SHORT_TOGGLE:
                sentence = gettext(
                    "At most {most} characters when there is the other, too."
                ).format(most=SHORT_TOGGLE)
                raise serializers.ValidationError({name: [sentence]})
        return attrs


class FormInput(StrictSerializer):
    """One input. Never ask for card numbers or anything about health."""

    type = serializers.ChoiceField(
        choices=["email", "numeric", "phone", "selection", "signature", "text"]
    )
    custom_text = CustomTextInput()
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    selection = SelectionInput(required=False)
    toggles = serializers.ListField(child=ToggleInput(), max_length=MOST_TOGGLES, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["type"] == "selection") != ("selection" in attrs):
            sentence = gettext("A selection has its choices; no other input has any.")
            raise serializers.ValidationError({"selection": [sentence]})
        description = attrs["custom_text"].get("description", "")
        if attrs["type"] != "selection" and len(description) > SHORT_DESCRIPTION:
            sentence = gettext("At most {most} characters, except for a selection.").format(
                most=SHORT_DESCRIPTION
            )
            raise serializers.ValidationError({"custom_text": {"description": [sentence]}})
        return attrs


class CollectInput(StrictSerializer):
    """What the reader asks the customer of an order, one after the other."""

    order = WholeNumber()
    inputs = serializers.ListField(child=FormInput(), min_length=1, max_length=MOST_INPUTS)


class SaveCardInput(StrictSerializer):
    """Whose card is saved, and how it may be used. With `saved_card` the same is tried again."""

    allow_redisplay = serializers.ChoiceField(
        choices=AllowRedisplay.choices,
        required=False,
        help_text="Stripe's word, required unless `saved_card` is given: whether the card may be"
        " offered to the customer again.",
    )
    consent = serializers.BooleanField(
        help_text="That the cardholder agreed. Who said so, and when, is kept."
    )
    customer = WholeNumber(required=False, help_text="Without it a new one is made.")
    name = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(required=False)
    saved_card = WholeNumber(required=False, help_text="A card that was not saved yet.")

    def validate_consent(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError(gettext("Without consent no card is saved."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("saved_card" in attrs) == ("allow_redisplay" in attrs):
            sentence = gettext("Either this for a new card, or `saved_card` to try again.")
            raise serializers.ValidationError({"allow_redisplay": [sentence]})
        known = "customer" in attrs or "saved_card" in attrs
        if known and ("name" in attrs or "email" in attrs):
            raise serializers.ValidationError({"name": [gettext("Only of a new customer.")]})
        return attrs


class SavedCardSerializer(serializers.ModelSerializer[SavedCard]):
    """A card that is saved, or that is to be: then `status` is the SetupIntent's."""

    class Meta:
        model = SavedCard
        fields = [
            "id",
            "store",
            "customer",
            "status",
            "setup_intent_id",
            "payment_method_id",
            "brand",
            "last4",
            "exp_month",
            "exp_year",
            "allow_redisplay",
            "consent_at",
            "created_at",
        ]
        read_only_fields = fields


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer of a store, and the cards they let it keep."""

    cards = SavedCardSerializer(many=True, read_only=True)
    email = serializers.CharField(read_only=True)  # empty when it is not known

    class Meta:
        model = Customer
        fields = ["id", "store", "stripe_id", "name", "email", "cards", "created_at"]
        read_only_fields = fields


class CollectedInputsSerializer(serializers.ModelSerializer[CollectedInputs]):
    """`inputs` are Stripe's, each with its value; empty until the form is done, and 35 days after
    that again.
    """

    inputs = serializers.ListField(child=serializers.DictField(), read_only=True)
    receipt_email = serializers.CharField(read_only=True)  # empty when none was given

    class Meta:
        model = CollectedInputs
        fields = ["order", "inputs", "receipt_email", "receipt_phone"]
        read_only_fields = fields


class ReaderActionSerializer(serializers.ModelSerializer[ReaderAction]):
    """One thing a reader was asked to do. `form` and `saved_card` are of those without payment."""

    message = serializers.SerializerMethodField(help_text="For the cashier.")
    customer_message = serializers.SerializerMethodField(
        help_text="Only what Stripe lets the cardholder see."
    )
    form = serializers.SerializerMethodField()
    saved_card = SavedCardSerializer(read_only=True, allow_null=True)

    class Meta:
        model = ReaderAction
        fields = [
            "id",
            "store",
            "reader",
            "type",
            "status",
            "payment",
            "failure_code",
            "message",
            "customer_message",
            "form",
            "saved_card",
            "requested_at",
            "ended_at",
        ]
        read_only_fields = fields

    @extend_schema_field(CollectedInputsSerializer(allow_null=True))
    def get_form(self, action: ReaderAction) -> dict[str, Any] | None:
        form = getattr(action, "form", None)
        return None if form is None else shown(CollectedInputsSerializer, form)

    def get_message(self, action: ReaderAction) -> str:
        return words.sentence(action)

    def get_customer_message(self, action: ReaderAction) -> str:
        return words.for_the_cardholder(action)
