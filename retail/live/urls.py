"""`/api/v1/live/`: served by an ASGI server only."""

from django.urls import path

from retail.live import views

urlpatterns = [
    path("", views.live, name="live"),
    path("accounts/<int:pk>/", views.live_account, name="live-account"),
    path("payments/<int:pk>/", views.poll_payment, name="live-payment"),
]
