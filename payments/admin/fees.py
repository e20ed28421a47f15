"""The fee plans: the platform's owner adds them, owners of stores look, nobody changes one."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from payments.models import FeePlan
from stores.admin_base import OwnRowsFilter, ReadOnlyAdmin, works_anywhere
from stores.principals import OWNERS


@admin.register(FeePlan)
class FeePlanAdmin(ReadOnlyAdmin[FeePlan]):
    list_display = ["__str__", "currency", "account", "store", "effective_from", "reason"]
    list_filter = [("account", OwnRowsFilter), ("store", OwnRowsFilter), "currency"]
    search_fields = ["account__name", "store__name", "reason"]
    ordering = ["-effective_from", "-id"]
    empty_sentence = "No fee plans: the platform takes nothing."

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeePlan]:
        return super().get_queryset(request).select_related("account", "store", "created_by")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return works_anywhere(request, OWNERS)
