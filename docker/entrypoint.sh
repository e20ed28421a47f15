#!/bin/sh
# Refuse to start half-configured (retail/checks.py), then become the command.
set -eu
python manage.py check --deploy --tag retail --fail-level ERROR >&2
exec "$@"
