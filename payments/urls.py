"""`/api/v1/`: what concerns payments and no reader."""

from django.urls import path

from payments.api import approvals, receipts, views

urlpatterns = [
    path("payments/<int:pk>/timeline/", views.Timeline.as_view(), name="payment-timeline"),
    path("payments/<int:pk>/receipt/", receipts.ReceiptView.as_view(), name="payment-receipt"),
    path("receipt_emails/", receipts.ReceiptEmailList.as_view(), name="receipt-email-list"),
    path(
        "receipt_emails/<int:pk>/",
        receipts.ReceiptEmailDetail.as_view(),
        name="receipt-email-detail",
    ),
    path(
        "payments/<int:pk>/refund_requests/",
        approvals.RefundRequests.as_view(),
        name="payment-refund-requests",
    ),
    path("approvals/", approvals.ApprovalList.as_view(), name="approval-list"),
    path("approvals/<int:pk>/", approvals.ApprovalDetail.as_view(), name="approval-detail"),
    path("approvals/<int:pk>/approve/", approvals.Approve.as_view(), name="approval-approve"),
    path("approvals/<int:pk>/decline/", approvals.Decline.as_view(), name="approval-decline"),
    path("card_rules/", views.CardRuleList.as_view(), name="card-rule-list"),
    path("unresolved/", views.Unresolved.as_view(), name="unresolved"),
    path("status/", views.Status.as_view(), name="status"),
    path("reconciliations/", views.Reconciliations.as_view(), name="reconciliation-list"),
    path("differences/", views.Differences.as_view(), name="difference-list"),
]
