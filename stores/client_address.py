"""Where a request comes from, for counting wrong tries."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """As the proxy in front says; by the connection without one.

    Behind a proxy every connection is the proxy's: whoever guesses would keep out all others.
    """
    named = request.headers.get(settings.CLIENT_ADDRESS_HEADER or "-", "").strip()
    try:
        return str(ip_address(named))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))
