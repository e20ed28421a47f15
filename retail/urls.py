"""The map: one include per app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from payments.webhooks import receive
from retail import health
from retail.admin_pages import gather

gather()  # before the admin's addresses are asked for

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),  # who types the host alone
    path("healthz", health.live),
    path("readyz", health.ready),
    path("hooks/reader/<uuid:endpoint>/", receive),
    path("hooks/general/<uuid:endpoint>/", receive),
    path("onboarding/", include("payments.pages")),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("retail.api.urls")),
]
