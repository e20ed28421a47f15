"""The product's settings, with two more URLs. Only the benchmark's servers use this."""

from retail.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
