"""Accounts, companies and persons before anything is known about them."""

from typing import Any

from simulator.api.objects import empty_list
from simulator.state.store import Json

DECLARATION = ("date", "ip", "user_agent")
LONG_PAYOUT_DELAY = 7
SHORT_PAYOUT_DELAY = {"US": 2, "AU": 2, "GB": 3, "CA": 3}


def account(id: str, country: str, currency: str, created: int) -> Json:
    return {
        "id": id,
        "object": "account",
        "business_profile": business_profile(),
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": {"type": "application"},
        "country": country,
        "created": created,
        "default_currency": currency,
        "details_submitted": False,
        "email": None,
        "external_accounts": empty_list(f"/v1/accounts/{id}/external_accounts"),
        "future_requirements": requirements(),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": requirements(),
        "settings": settings(country),
        "tos_acceptance": nothing(*DECLARATION),
        "type": "standard",
    }


def nothing(*names: str) -> Json:
    return dict.fromkeys(names)


def address() -> Json:
    return nothing("city", "country", "line1", "line2", "postal_code", "state")


def business_profile() -> Json:
    return nothing(
        *("annual_revenue", "estimated_worker_count", "mcc"),
        *("minority_owned_business_designation", "name", "product_description"),
        *("support_address", "support_email", "support_phone", "support_url", "url"),
    )


def requirements() -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }


def settings(country: str) -> Json:
    delay = SHORT_PAYOUT_DELAY.get(country, LONG_PAYOUT_DELAY)
    variants = ("_kana", "_kanji")
    return {
        "bacs_debit_payments": nothing("display_name", "service_user_number"),
        "branding": nothing("icon", "logo", "primary_color", "secondary_color"),
        "card_issuing": {"tos_acceptance": nothing(*DECLARATION)},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            **{f"statement_descriptor_prefix{each}": None for each in variants},
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "offer"},
        "payments": {
            "statement_descriptor": None,
            **{f"statement_descriptor{each}": None for each in variants},
            **{f"statement_descriptor_prefix{each}": None for each in variants},
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": delay, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": nothing("creditor_id"),
    }


def company() -> Json:
    return {
        "address": address(),
        "address_kana": None,
        "address_kanji": None,
        "administrative_address": None,
        "directors_provided": False,
        "directorship_declaration": None,
        "executives_provided": False,
        "export_license_id": None,
        "export_purpose_code": None,
        **nothing("name", "name_kana", "name_kanji"),
        "owners_provided": False,
        "ownership_declaration": None,
        "ownership_exemption_reason": None,
        "phone": None,
        "principal_place_of_business": None,
        "registration_date": None,
        "representative_declaration": None,
        "structure": None,
        "tax_id_provided": False,
        "tax_id_registrar": None,
        "vat_id_provided": False,
        "verification": {"document": document()},
    }


def document() -> Json:
    return nothing("back", "details", "details_code", "front")


def person(id: str, account: str, created: int) -> Json:
    return {
        "id": id,
        "object": "person",
        "account": account,
        "additional_tos_acceptances": {"account": nothing(*DECLARATION)},
        "address": address(),
        "address_kana": None,
        "address_kanji": None,
        "created": created,
        "dob": nothing("day", "month", "year"),
        "email": None,
        **nothing("first_name", "first_name_kana", "first_name_kanji"),
        "full_name_aliases": [],
        "future_requirements": person_requirements(),
        "gender": None,
        "id_number_provided": False,
        "id_number_secondary_provided": False,
        **nothing("last_name", "last_name_kana", "last_name_kanji"),
        "maiden_name": None,
        "metadata": {},
        "nationality": None,
        "phone": None,
        "political_exposure": "none",
        "registered_address": address(),
        "relationship": {
            **dict.fromkeys(("authorizer", "director", "executive", "legal_guardian"), False),
            "owner": False,
            "percent_ownership": None,
            "representative": False,
            "title": None,
        },
        "requirements": person_requirements(),
        "ssn_last_4_provided": False,
        "us_cfpb_data": None,
        "verification": {
            "additional_document": document(),
            "details": None,
            "details_code": None,
            "document": document(),
            "status": "unverified",
        },
    }


def person_requirements() -> Json:
    names = ("alternatives", "currently_due", "errors", "eventually_due")
    return {name: [] for name in (*names, "past_due", "pending_verification")}


def merge(into: Json, sent: Any) -> None:
    """What was sent replaces what was there, hash by hash; an empty string unsets."""
    for name, value in sent.items():
        if isinstance(value, dict):
            into[name] = into.get(name) or {}
            merge(into[name], value)
        else:
            into[name] = None if value == "" else value
