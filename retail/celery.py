"""The Celery app. Rows are the queue; Celery only carries their ids (docs/architecture.md)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")
# Celery drops what the checks find, and they would load every page (see retail/admin_pages.py).
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("retail")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
