"""`/api/v1/`: readers and what they do, payments, customers, and the sale of an order."""

from django.urls import path

from terminal.api import views
from terminal.api.configurations import ReaderConfigurationDetail
from terminal.api.differences import (
    FleetDifferenceDetail,
    FleetDifferenceList,
    SettleFleetDifference,
)

urlpatterns = [
    path("orders/<int:pk>/payments/", views.StartPayment.as_view(), name="payment-start"),
    path("payments/", views.PaymentList.as_view(), name="payment-list"),
    path("payments/<int:pk>/", views.PaymentDetail.as_view(), name="payment-detail"),
    path(
        "payments/<int:pk>/process_payment_intent/",
        views.ProcessPaymentIntent.as_view(),
        name="payment-process",
    ),
    path(
        "payments/<int:pk>/collect_payment_method/",
        views.CollectPaymentMethod.as_view(),
        name="payment-collect",
    ),
    path(
        "payments/<int:pk>/confirm_payment_intent/",
        views.ConfirmPaymentIntent.as_view(),
        name="payment-confirm",
    ),
    path(
        "payments/<int:pk>/change_order/",
        views.ChangeOrder.as_view(),
        name="payment-change-order",
    ),
    path("payments/<int:pk>/cancel/", views.CancelPayment.as_view(), name="payment-cancel"),
    path("payments/<int:pk>/detach/", views.DetachPayment.as_view(), name="payment-detach"),
    path("payments/<int:pk>/capture/", views.CapturePayment.as_view(), name="payment-capture"),
    path(
        "payments/<int:pk>/increment_authorization/",
        views.IncrementAuthorization.as_view(),
        name="payment-increment-authorization",
    ),
    path("payments/<int:pk>/refunds/", views.RefundPayment.as_view(), name="payment-refunds"),
    path(
        "payments/<int:pk>/check_status/",
        views.CheckStatus.as_view(),
        name="payment-check-status",
    ),
    path("locations/", views.LocationList.as_view(), name="location-list"),
    path("locations/<int:pk>/", views.LocationDetail.as_view(), name="location-detail"),
    path("fleet_differences/", FleetDifferenceList.as_view(), name="fleet-difference-list"),
    path(
        "fleet_differences/<int:pk>/",
        FleetDifferenceDetail.as_view(),
        name="fleet-difference-detail",
    ),
    path(
        "fleet_differences/<int:pk>/settle/",
        SettleFleetDifference.as_view(),
        name="fleet-difference-settle",
    ),
    path("readers/", views.ReaderList.as_view(), name="reader-list"),
    path("readers/<int:pk>/", views.ReaderDetail.as_view(), name="reader-detail"),
    path(
        "readers/<int:pk>/configuration/",
        ReaderConfigurationDetail.as_view(),
        name="reader-configuration",
    ),
    path("readers/<int:pk>/retire/", views.RetireReader.as_view(), name="reader-retire"),
    path(
        "reader_registrations/<int:pk>/",
        views.ReaderRegistrationDetail.as_view(),
        name="reader-registration-detail",
    ),
    path(
        "readers/<int:pk>/cancel_action/",
        views.CancelAction.as_view(),
        name="reader-cancel-action",
    ),
    path(
        "readers/<int:pk>/set_reader_display/",
        views.SetReaderDisplay.as_view(),
        name="reader-set-display",
    ),
    path(
        "readers/<int:pk>/collect_inputs/",
        views.CollectInputs.as_view(),
        name="reader-collect-inputs",
    ),
    path(
        "readers/<int:pk>/process_setup_intent/",
        views.ProcessSetupIntent.as_view(),
        name="reader-process-setup-intent",
    ),
    path(
        "reader_actions/<int:pk>/", views.ReaderActionDetail.as_view(), name="reader-action-detail"
    ),
    path("customers/", views.CustomerList.as_view(), name="customer-list"),
    path("customers/<int:pk>/", views.CustomerDetail.as_view(), name="customer-detail"),
    path("saved_cards/", views.SavedCardList.as_view(), name="saved-card-list"),
    path("saved_cards/<int:pk>/", views.SavedCardDetail.as_view(), name="saved-card-detail"),
    path("readers/<int:pk>/refresh/", views.RefreshReader.as_view(), name="reader-refresh"),
]
