"""`/api/v1/`: what concerns payments and no reader."""

from django.urls import path

from payments.api import views

urlpatterns = [
    path("payments/<int:pk>/timeline/", views.Timeline.as_view(), name="payment-timeline"),
    path("card_rules/", views.CardRuleList.as_view(), name="card-rule-list"),
    path("unresolved/", views.Unresolved.as_view(), name="unresolved"),
    path("status/", views.Status.as_view(), name="status"),
    path("reconciliations/", views.Reconciliations.as_view(), name="reconciliation-list"),
    path("differences/", views.Differences.as_view(), name="difference-list"),
]
