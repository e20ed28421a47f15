"""`/api/v1/`: what concerns a payment and no reader."""

from django.urls import path

from payments.api import views

urlpatterns = [
    path("payments/<int:pk>/timeline/", views.Timeline.as_view(), name="payment-timeline"),
    path("unresolved/", views.Unresolved.as_view(), name="unresolved"),
    path("reconciliations/", views.Reconciliations.as_view(), name="reconciliation-list"),
    path("differences/", views.Differences.as_view(), name="difference-list"),
]
