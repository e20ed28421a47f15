"""Form bodies and query strings with bracketed keys, with or without array indexes."""

from itertools import pairwise
from urllib.parse import parse_qsl

from simulator.errors import bad_request
from simulator.state.store import Json


def decode(text: str) -> Json:
    """`a[b]=1&c[]=2&d[0][e]=3` to `{a: {b: "1"}, c: {"0": "2"}, d: {"0": {e: "3"}}}`.

    Arrays stay hashes keyed by index: only the schema knows `metadata[0]` from `expand[0]`.
    """
    tree: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        place(tree, key, value)
    return tree


def place(tree: Json, key: str, value: str) -> None:
    """Put the value where its bracketed key says."""
    _place(tree, _parts(key), value, key)


def _parts(key: str) -> list[str]:
    if "[" not in key:
        return [key]
    head, _, rest = key.partition("[")
    if not rest.endswith("]"):
        raise bad_request(f"Invalid parameter name: {key}", param=key)
    return [head, *rest[:-1].split("][")]


def _place(tree: Json, parts: list[str], value: str, key: str) -> None:
    for part, following in pairwise(parts):
        tree = _below(tree, part, following, key)
    last = parts[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise bad_request(f"Invalid parameter: {key} is both a value and a hash.", param=key)
    tree[last] = value


def _below(tree: Json, part: str, following: str, key: str) -> Json:
    if part == "":  # `items[][a]=1&items[][b]=2` is one item, until a key comes again
        index = max(len(tree) - 1, 0)
        part = str(index + 1) if following in tree.get(str(index), {}) else str(index)
    below = tree.setdefault(part, {})
    if not isinstance(below, dict):
        raise bad_request(f"Invalid parameter: {key} is both a value and a hash.", param=key)
    return below
