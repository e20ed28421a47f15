"""The admin site as a whole: what stands on its first page."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

admin.site.index_title = _("Overview")
