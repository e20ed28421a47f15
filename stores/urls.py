"""`/api/v1/`: stores, products, orders."""

from django.urls import path

from stores.api import cashiers, discounts, pairing, views

urlpatterns = [
    path("pair/", pairing.Pair.as_view(), name="pair"),
    path("token/", cashiers.Token.as_view(), name="token"),
    path("cashiers/", cashiers.Cashiers.as_view(), name="cashier-list"),
    path("cashier/", cashiers.Cashier.as_view(), name="cashier"),
    path("stores/", views.StoreList.as_view(), name="store-list"),
    path("stores/<int:pk>/", views.StoreDetail.as_view(), name="store-detail"),
    path("products/", views.ProductList.as_view(), name="product-list"),
    path("products/<int:pk>/", views.ProductDetail.as_view(), name="product-detail"),
    path("orders/", views.OrderList.as_view(), name="order-list"),
    path("orders/<int:pk>/", views.OrderDetail.as_view(), name="order-detail"),
    path("orders/<int:pk>/discount/", discounts.GiveDiscount.as_view(), name="order-discount"),
    path(
        "orders/<int:pk>/remove_discount/",
        discounts.RemoveDiscount.as_view(),
        name="order-remove-discount",
    ),
    path("orders/<int:pk>/cancel/", views.OrderCancel.as_view(), name="order-cancel"),
]
