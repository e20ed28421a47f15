"""`If-Match`: a change is made only to the version its author saw."""

from __future__ import annotations

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from stores.errors import DomainError, OrderChanged

ETAG = re.compile(r'"([0-9]{1,10})"')
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description='The version you saw, in quotes as in the ETag: `"3"`.',
)


class VersionRequired(DomainError):
    code = "if_match_required"
    status = 428
    next_action = _('Load the order and send its version in If-Match, like "3".')
    default_message = _("Say which version of the order you saw.")


def expected_version(request: Request) -> int:
    """The version named by If-Match. Raises VersionRequired, OrderChanged."""
    version = named_version(request)
    if version is None:
        raise VersionRequired
    return version


def named_version(request: Request) -> int | None:
    """The version named by If-Match, if one is. A tag we never gave matches nothing."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    match = ETAG.fullmatch(header)
    if match is None:
        raise OrderChanged(
            gettext("If-Match is {header}, which no version of this order has.").format(
                header=header[:40]
            )
        )
    return int(match[1])
