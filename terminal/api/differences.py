"""`/api/v1/fleet_differences/`: what of locations and readers differs at Stripe from here."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status

from stores.api.base import ApiRequest, DetailView, ResourceView
from stores.api.commands import command
from stores.api.inputs import StrictSerializer, read
from stores.api.paging import ListView
from stores.principals import MANAGERS
from terminal.models import FleetDifference, FleetKind, FleetOutcome
from terminal.services import fleet_rows, fleet_settling
from terminal.services.fleet_settling import MOVE_CHOICES, Move


class FleetDifferenceSerializer(serializers.ModelSerializer[FleetDifference]):
    """Something of a location, a reader or a Configuration that is not the same at Stripe and
    here. Nothing was overwritten: staff settle it, in one of the `moves`.
    """

    object = serializers.CharField(source="object_id", help_text="Stripe's id.")
    kind = serializers.ChoiceField(FleetKind.choices)
    outcome = serializers.ChoiceField(FleetOutcome.choices)
    message = serializers.SerializerMethodField(help_text="What is the matter.")
    moves = serializers.SerializerMethodField(
        help_text="What settles it: `take` Stripe's, `send` ours, `adopt` it here, `retire` it, or"
        " `leave` it; none when it is over."
    )

    resolution = serializers.CharField(source="spoken_resolution", read_only=True)

    class Meta:
        model = FleetDifference
        fields = [
            "id",
            "store",
            "location",
            "reader",
            "stripe_account",
            "object",
            "kind",
            "ours",
            "theirs",
            "message",
            "moves",
            "outcome",
            "resolution",
            "found_at",
            "seen_at",
            "settled_at",
        ]
        read_only_fields = fields

    def get_message(self, row: FleetDifference) -> str:
        return fleet_rows.sentence(row)

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(MOVE_CHOICES)))
    def get_moves(self, row: FleetDifference) -> list[str]:
        return [move.value for move in fleet_settling.moves(row)]


class SettleInput(StrictSerializer):
    move = serializers.ChoiceField(MOVE_CHOICES)
    theirs = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=1_000,
        help_text="What you saw at Stripe: if it is another by now, nothing is done.",
    )


class FleetDifferenceView(ResourceView[FleetDifference]):
    rows = FleetDifference.objects.select_related("store__account", "location", "reader")
    name = "fleet-difference"
    serializer_class = FleetDifferenceSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return FleetDifference.objects.none()
        principal = self.request.principal  # type: ignore[attr-defined]
        return self.rows.for_principal(principal, principal.reads_as(MANAGERS))


class FleetDifferenceList(FleetDifferenceView, ListView[FleetDifference]):
    """What the nightly comparison found of your locations and readers, newest first. For managers
    and the platform.
    """

    filters = {
        "store": "store_id",
        "location": "location_id",
        "reader": "reader_id",
        "kind": FleetKind,
        "outcome": FleetOutcome,
    }
    newest_first = True


class FleetDifferenceDetail(FleetDifferenceView, DetailView[FleetDifference]):
    """One difference. For managers and the platform."""


class SettleFleetDifference(FleetDifferenceView):
    @extend_schema(request=SettleInput, responses=FleetDifferenceSerializer)
    @command(status.HTTP_200_OK)
    def post(self, request: ApiRequest, pk: int) -> FleetDifference:
        """Make it equal in one of its `moves`, or leave it. What Stripe is to be told, it is told
        afterwards. For managers; what is of no store, the platform settles.
        """
        differs, form = self.one(pk), read(SettleInput, request)
        move, seen = Move(form["move"]), form.get("theirs")
        return fleet_settling.settle(differs, move, by=request.principal, seen=seen)
