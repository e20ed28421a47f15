"""The map: one include per app."""

from django.contrib import admin
from django.urls import path

from payments.webhooks import receive

urlpatterns = [
    path("hooks/reader/<uuid:endpoint>/", receive),
    path("hooks/general/<uuid:endpoint>/", receive),
    path("admin/", admin.site.urls),
]
