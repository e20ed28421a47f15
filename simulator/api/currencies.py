"""Currencies and the amounts they allow: https://docs.stripe.com/currencies."""

from simulator.errors import bad_request
from simulator.state.world import World

ZERO_DECIMAL = frozenset(("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga")) | frozenset(
    ("pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
# What an account can present prices in.
KNOWN = (
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp "
    "byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip "
    "gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd "
    "kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mro mur mvr mwk mxn myr mzn nad ngn nio "
    "nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle "
    "sll sos srd std svc szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vef vnd vuv wst xaf "
    "xcd xcg xof xpf yer zar zmw"
)
# In the currency's smallest unit. Where the table names none, Stripe converts; we take one unit.
MINIMUM = {
    **dict.fromkeys(["usd", "aud", "cad", "nzd", "sgd", "eur", "chf", "brl", "inr", "jpy"], 50),
    **dict.fromkeys(["aed", "myr", "pln", "ron"], 200),
    **dict.fromkeys(["nok", "sek"], 300),
    **dict.fromkeys(["mxn", "thb"], 1000),
    "gbp": 30,
    "bgn": 100,
    "czk": 1500,
    "dkk": 250,
    "hkd": 400,
    "huf": 17500,
}
DIGITS = {"idr": 12, "inr": 9, "huf": 10, "jpy": 10, "cop": 10, "lbp": 10}
# What a country's cards are charged in; accounts elsewhere name their currency themselves.
OF_COUNTRY = {
    "US": "usd",
    "CA": "cad",
    "GB": "gbp",
    "AU": "aud",
    "NZ": "nzd",
    "SG": "sgd",
    "JP": "jpy",
    "CH": "chf",
    "CZ": "czk",
    "DK": "dkk",
    "NO": "nok",
    "SE": "sek",
    "PL": "pln",
    "HK": "hkd",
    "MX": "mxn",
    "MY": "myr",
    "HU": "huf",
    "RO": "ron",
    "BG": "bgn",
    "TH": "thb",
}


def require_chargeable(world: World, amount: int, currency: str, param: str = "amount") -> None:
    """Refuse amounts a card in this currency cannot be charged."""
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise bad_request(message, "parameter_invalid_integer", param)
    least = MINIMUM.get(currency, 1) if world.switches["minimum_amounts"] else 1
    if amount < least:
        raise bad_request(
            f"Amount must be at least {shown(least, currency)}", "amount_too_small", param
        )
    if amount >= 10 ** DIGITS.get(currency, 8):
        most = shown(10 ** DIGITS.get(currency, 8) - 1, currency)
        raise bad_request(f"Amount must be no more than {most}", "amount_too_large", param)
    if currency in ("isk", "ugx") and amount % 100:
        message = f"Invalid amount: {currency} amounts must end in 00."
        raise bad_request(message, "invalid_charge_amount", param)


def require_currency(currency: str) -> None:
    if currency not in KNOWN:
        known = ", ".join(KNOWN)
        message = (
            f"Invalid currency: {currency}. Stripe currently supports these currencies: {known}"
        )
        raise bad_request(message, None, "currency")


def shown(amount: int, currency: str) -> str:
    """As Stripe writes amounts in messages: `$0.50 usd`, `50 jpy`."""
    if currency in ZERO_DECIMAL:
        return f"{amount} {currency}"
    sign = {"usd": "$", "cad": "$", "aud": "$", "eur": "€", "gbp": "£"}.get(currency, "")
    return f"{sign}{amount // 100}.{amount % 100:02} {currency}"
