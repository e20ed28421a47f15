"""Every URL there is, from Django's own resolver."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def routes(resolver: URLResolver | None = None, before: str = "/") -> Iterator[str]:
    """As they are written: `/api/v1/orders/<int:pk>/`; a regular expression as it is."""
    for part in (resolver or get_resolver()).url_patterns:
        path = before + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from routes(part, path)
        elif isinstance(part, URLPattern):
            yield path
