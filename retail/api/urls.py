"""`/api/v1/`: one include per app, the live updates, and the documentation."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from retail.api.views import Nowhere

urlpatterns = [
    path("", include("stores.urls")),
    path("", include("payments.urls")),
    path("", include("terminal.urls")),
    path("live/", include("retail.live.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    re_path("", Nowhere.as_view()),
]
