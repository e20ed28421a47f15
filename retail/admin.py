"""The admin site as a whole: its name."""

from django.contrib import admin

admin.site.site_title = "Retail"
admin.site.site_header = "Retail"
admin.site.index_title = "Overview"
admin.site.site_url = None  # there is no other site to view
