"""What a client may send: known fields only, whole numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.request import Request

# What PostgreSQL can hold; the rules about amounts are the services'.
LARGEST = 2**63 - 1
TEXT = serializers.CharField


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses a field it does not know, by name: a price somebody sends is never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name)[:100] for name in data if name not in known)[:20]
            if unknown:
                raise serializers.ValidationError(
                    {name: [gettext("Unknown field.")] for name in unknown}
                )
            # A text is a JSON string; DRF would take a number for one.
            texts = {n for n, field in self.fields.items() if isinstance(field, TEXT)}
            wrong = [n for n in texts & data.keys() if not isinstance(data[n], str | None)]
            if wrong:
                raise serializers.ValidationError(
                    {n: [gettext("Not a valid string.")] for n in wrong}
                )
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """A JSON integer: neither "3", nor 3.0, nor true."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", 0)
        options.setdefault("max_value", LARGEST)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Nothing(StrictSerializer):
    """An empty body."""


def read(form: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """The checked body. Raises ValidationError."""
    filled = form(data=request.data)
    filled.is_valid(raise_exception=True)
    return dict(filled.validated_data)
