"""The admin site as a whole: what stands on its first page."""

from django.contrib import admin

admin.site.index_title = "Overview"
