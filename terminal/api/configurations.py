"""`/api/v1/readers/{id}/configuration/`: how a reader is set up."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from stores.api.base import ApiRequest, ResourceView
from terminal.models import Part, Reader
from terminal.services.configurations import holding_at
from terminal.transitions.configurations import Holds


class HeldSerializer(serializers.Serializer[Any]):
    level = serializers.ChoiceField(
        ["location", "store", "account"], help_text="The nearest that says anything of it."
    )


class TipsSerializer(HeldSerializer):
    """The same before every card; three of each kind, or none."""

    percentages = serializers.ListField(child=serializers.IntegerField())
    fixed_amounts = serializers.ListField(
        child=serializers.IntegerField(), help_text="In the store's currency."
    )
    smart_tip_threshold = serializers.IntegerField(
        allow_null=True,
        help_text="Below it the amounts are offered, from it on the percentages; null: of one kind"
        " only.",
    )


class RebootWindowSerializer(HeldSerializer):
    start_hour = serializers.IntegerField(min_value=0, max_value=23)
    end_hour = serializers.IntegerField(min_value=0, max_value=23)


class AllowedSerializer(HeldSerializer):
    enabled = serializers.BooleanField()


class SplashScreenSerializer(HeldSerializer):
    splashscreen = serializers.CharField(help_text="The picture's name.")


class ReaderConfigurationSerializer(serializers.Serializer[Reader]):
    """What holds for the reader. null: nobody says anything of it, and Stripe's default holds."""

    reader = serializers.IntegerField()
    location = serializers.IntegerField()
    tipping = TipsSerializer(allow_null=True, help_text="No choices: it asks for no tip.")
    reboot_window = RebootWindowSerializer(
        allow_null=True, help_text="By the clock where it stands; null: at midnight."
    )
    offline = AllowedSerializer(allow_null=True)
    cellular = AllowedSerializer(allow_null=True)
    bbpos_wisepos_e = SplashScreenSerializer(allow_null=True)
    stripe_s700 = SplashScreenSerializer(allow_null=True)
    stripe_s710 = SplashScreenSerializer(allow_null=True)

    def to_representation(self, reader: Reader) -> Any:
        held = holding_at(reader.location)
        parts = {part.value: _shown(held.get(part)) for part in Part}
        if tips := parts[Part.TIPPING]:
            none: dict[str, Any] = {
                "percentages": [],
                "fixed_amounts": [],
                "smart_tip_threshold": None,
            }
            parts[Part.TIPPING] = none | tips
        whose = {"reader": reader.pk, "location": reader.location_id}
        return super().to_representation(whose | parts)  # type: ignore[arg-type]


def _shown(holds: Holds | None) -> dict[str, Any] | None:
    return None if holds is None else {"level": holds.row.level, **holds.value}


class ReaderConfigurationDetail(ResourceView[Reader]):
    """How a reader is set up: the tips it offers, when it restarts."""

    rows = Reader.objects.select_related("location__store")
    name = "reader"
    serializer_class = ReaderConfigurationSerializer

    def get(self, request: ApiRequest, pk: int) -> Response:
        return Response(self.get_serializer(self.one(pk)).data)
