"""What a picture is, by its own bytes: Stripe takes a splash screen in the size of the screen only.

https://docs.stripe.com/terminal/fleet/splash-screen
"""

from __future__ import annotations

from django.utils.translation import gettext

JPEG, PNG, GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"
LARGEST = 2_000_000  # bytes; "less than 2 MB"
LARGEST_GIF = 4_000_000
# Segments of a JPEG that say its size: SOF0 to SOF15, without DHT, JPG and DAC
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def refusal(content: bytes, screen: tuple[int, int]) -> str:
    """Why a reader with this screen cannot show it; empty when it can."""
    is_gif = content.startswith(GIF)
    if not (is_gif or content.startswith((JPEG, PNG))):
        return gettext("Choose a JPG, a PNG or a GIF.")
    most = LARGEST_GIF if is_gif else LARGEST
    if len(content) >= most:
        return gettext("It must be smaller than {megabytes} MB.").format(megabytes=most // 10**6)
    size = screen if is_gif else size_of(content)  # a GIF is scaled
    if size is None:
        return gettext("This picture cannot be read.")
    if size != screen:
        sentence = gettext("It must be {width} by {height} pixels; this is {wide} by {high}.")
        return sentence.format(width=screen[0], height=screen[1], wide=size[0], high=size[1])
    return ""


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or a JPEG; None where they cannot be found."""
    if content.startswith(PNG):
        wide, high = content[16:20], content[20:24]
        return (int.from_bytes(wide), int.from_bytes(high)) if len(high) == 4 else None
    at = 2
    while len(content) >= at + 9 and content[at] == 0xFF:
        kind = content[at + 1]
        if kind in FRAMES:
            high, wide = content[at + 5 : at + 7], content[at + 7 : at + 9]
            return int.from_bytes(wide), int.from_bytes(high)
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return None
