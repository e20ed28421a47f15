"""HTML from the templates of this package."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from simulator.pages import words

TEMPLATES = Environment(
    loader=PackageLoader("simulator.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["code"] = words.code
