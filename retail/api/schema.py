"""The OpenAPI document: what drf-spectacular cannot see by itself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import CharField

from stores.api.commands import LONGEST_KEY

JSON = dict[str, Any]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="Names this request for 24 hours: sent again, it does nothing again.",
)
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `detail` and `next_action` are plain sentences for a person.",
    "required": ["type", "title", "status", "detail", "code", "retryable", "next_action"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stripe's where there is one."},
        "retryable": {
            "type": "boolean",
            "description": "Whether the same request may succeed later.",
        },
        "next_action": {"type": "string"},
        "payment": {
            "type": "integer",
            "description": "With `terminal_reader_busy`: the payment that `take_over` may name.",
        },
        "errors": {
            "type": "object",
            "description": "Fields of the request, like `lines.0.quantity`.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


class DeviceScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "retail.api.authentication.DeviceAuthentication"
    name = "device"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The token a tablet got when it was paired.",
        }


class StaffScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "retail.api.authentication.StaffAuthentication"
    name = "staff"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The admin's session; unsafe methods need `X-CSRFToken`.",
        }


class StrictScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = "stores.api.inputs.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> JSON:
        mapped: Any = auto_schema._map_serializer
        found: JSON = mapped(self.target, direction, bypass_extensions=True)
        for name, field in self.target.fields.items():
            if isinstance(field, CharField) and not field.allow_blank:
                found["properties"][name].setdefault("minLength", 1)
        return {**found, "additionalProperties": False}


class Schema(AutoSchema):
    """Every POST but `pair/` takes an Idempotency-Key; any operation may be a problem."""

    def get_override_parameters(self) -> list[Any]:
        repeatable = self.method == "POST" and getattr(self.view, "takes_key", True)
        return [IDEMPOTENCY_KEY] if repeatable else []

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
        return operation

    def get_tags(self) -> list[str]:
        """The first word of the path after the version."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]


def _live_operation(name: str, description: str, *parameters: JSON, content: JSON) -> JSON:
    """Live's views are not DRF's, so their operations are written here."""
    return {
        "get": {
            "operationId": name,
            "description": description,
            "parameters": list(parameters),
            "tags": ["live"],
            "security": [{"device": []}, {"staff": []}],
            "responses": {
                "200": {"description": "", "content": content},
                "default": {"$ref": "#/components/responses/Problem"},
            },
        }
    }


def _whole(name: str, place: str, description: str, **schema: int) -> JSON:
    return {
        "in": place,
        "name": name,
        "required": place == "path",
        "description": description,
        "schema": {"type": "integer"} | schema,
    }


LIVE = {
    "/api/v1/live/": _live_operation(
        "live_stream",
        "Server-sent events. On connect every open or recently changed Payment and every Reader, "
        "then `ready`, then each change as `payment` or `reader` with the resource as its data; "
        "`resync` before everything is sent again; `end` with a problem when the device was "
        "revoked. A comment is a sign of life.",
        content={"text/event-stream": {"schema": {"type": "string"}}},
    ),
    "/api/v1/live/accounts/{id}/": _live_operation(
        "live_account",
        "Server-sent events. On connect and whenever the account, its balance or its payouts were "
        "read anew: `account` with `{id, version}`, whose version has grown. For pages that show "
        "it; the rest as in the other stream.",
        _whole("id", "path", ""),
        content={"text/event-stream": {"schema": {"type": "string"}}},
    ),
    "/api/v1/live/payments/{id}/": _live_operation(
        "live_payment",
        "Long poll: the Payment as soon as its version passes `version`, or as it is after "
        "`timeout` seconds.",
        _whole("id", "path", ""),
        _whole("version", "query", "The version you have.", minimum=0, default=0),
        _whole("timeout", "query", "In seconds.", minimum=0, maximum=30, default=25),
        content={"application/json": {"schema": {"$ref": "#/components/schemas/Payment"}}},
    ),
}


def complete(result: dict[str, Any], generator: Any, **options: Any) -> dict[str, Any]:
    """Post-processing: the live updates, and what every operation's `default` answer names."""
    result["paths"] = dict(sorted((result["paths"] | LIVE).items()))
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {
        "Problem": {
            "description": "What is wrong, and what to do now.",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
    }
    return result
