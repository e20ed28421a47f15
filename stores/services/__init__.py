"""What can be done in a store."""

from stores.services.accounts import copy_account, set_terms, standing_of
from stores.services.changes import add_lines, price_more_lines, strike_lines
from stores.services.devices import (
    authenticate_device,
    hash_token,
    new_token,
    pair_again,
    pair_device,
    revoke_device,
    rotate_token,
)
from stores.services.lines import FreeLine, KeptLine, Line, ProductLine
from stores.services.orders import cancel_order, create_order, order_guards, replace_lines
from stores.services.pairing import add_device, invite, redeem

__all__ = [
    "FreeLine",
    "KeptLine",
    "Line",
    "ProductLine",
    "add_device",
    "add_lines",
    "authenticate_device",
    "cancel_order",
    "copy_account",
    "create_order",
    "hash_token",
    "invite",
    "new_token",
    "order_guards",
    "pair_again",
    "pair_device",
    "price_more_lines",
    "redeem",
    "replace_lines",
    "revoke_device",
    "rotate_token",
    "set_terms",
    "standing_of",
    "strike_lines",
]
