"""Who the demo company is: three companies on one platform, four stores in three countries."""

from dataclasses import dataclass, field

from payments.services.fees import Terms
from stores.models import CaptureMethod, ChargeModel

NEW_YORK, CHICAGO, GROCERIES, VAT = 88_750, 115_000, 22_500, 200_000  # parts per million
QUEBEC = 149_750  # GST and QST


@dataclass(frozen=True)
class Article:
    """unit_amount in the smallest unit of the store's currency; tax in parts per million."""

    sku: str
    name: str
    unit_amount: int
    tax_rate_ppm: int
    tip_eligible: bool = True


@dataclass(frozen=True)
class Shop:
    """One store with one location; `key` makes the user names of its people."""

    key: str
    name: str
    currency: str
    timezone: str
    address: dict[str, str]
    articles: tuple[Article, ...]
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    prices_include_tax: bool = False
    cashier_refund_limit: int = 50_00  # of one payment
    cashier_discount_limit: int = 10_00  # off one order
    tips: tuple[int, ...] = ()  # percentages that its readers offer
    people: tuple[str, str] = ("", "")  # the names of its manager and its cashier
    has_dispute: bool = False  # a customer took money back at the bank
    is_asked: bool = False  # Stripe wants to know more of its company
    # Name, e-mail and test card of who has a card saved
    regulars: tuple[tuple[str, str, str], ...] = ()
    # What customers answered on a reader: an e-mail or nothing, and how they liked it
    answers: tuple[tuple[str, str], ...] = ()
    # Renamed in Stripe's Dashboard: a reader that stands second, or the location
    reader_elsewhere: str = ""
    location_elsewhere: str = ""
    # label and Stripe's registration code of each simulated reader
    readers: tuple[tuple[str, str], ...] = (
        ("Front counter", "simulated-wpe"),
        ("Second counter", "simulated-s700"),
    )


@dataclass(frozen=True)
class Company:
    """`stripe_id` is the account's id at the simulator; a real sandbox has its own."""

    stripe_id: str
    name: str
    country: str
    mcc: str
    fee: Terms
    charge_model: ChargeModel
    shops: tuple[Shop, ...] = field(default=())


WATER_STREET = Shop(
    key="newyork",
    people=("Maya Torres", "Jonah Reed"),
    has_dispute=True,
    name="Harbor & Pine, Water Street",
    currency="usd",
    timezone="America/New_York",
    address={
        "line1": "85 Water Street",
        "city": "New York",
        "state": "NY",
        "postal_code": "10005",
    },
    articles=(
        Article("ESP", "Espresso", 3_50, NEW_YORK),
        Article("CAP", "Cappuccino", 4_75, NEW_YORK),
        Article("LAT-OAT", "Oat milk latte", 5_75, NEW_YORK),
        Article("COLD", "Cold brew", 5_25, NEW_YORK),
        Article("TEA-EG", "Earl Grey, pot", 4_50, NEW_YORK),
        Article("BAGEL-LOX", "Bagel with lox", 13_50, NEW_YORK),
        Article("BAGEL-CC", "Bagel with cream cheese", 6_25, NEW_YORK),
        Article("CROIS", "Butter croissant", 4_25, NEW_YORK),
        Article("SAND-TUR", "Turkey sandwich", 12_75, NEW_YORK),
        Article("SOUP", "Soup of the day", 8_95, NEW_YORK),
        Article("BEANS-12", "House blend beans, 12 oz", 18_00, 0, tip_eligible=False),
        Article("MUG", "Stoneware mug", 22_00, NEW_YORK, tip_eligible=False),
    ),
    tips=(15, 18, 20),
)

WICKER_PARK = Shop(
    key="chicago",
    people=("Erin Walsh", "Luis Ortega"),
    name="Harbor & Pine, Wicker Park",
    currency="usd",
    timezone="America/Chicago",
    address={
        "line1": "1520 North Milwaukee Avenue",
        "city": "Chicago",
        "state": "IL",
        "postal_code": "60622",
    },
    capture_method=CaptureMethod.MANUAL,
    readers=(("Bar", "simulated-s700"), ("Dining room", "simulated-wpe")),
    regulars=(("Hannah Price", "hannah.price@example.com", "amex"),),
    answers=(("", "fine"), ("j.alvarez@example.com", "good")),
    articles=(
        Article("BURGER", "Pine smoked burger", 17_50, CHICAGO),
        Article("TROUT", "Grilled lake trout", 26_00, CHICAGO),
        Article("PASTA", "Wild mushroom pasta", 21_00, CHICAGO),
        Article("SALAD", "Roasted beet salad", 14_50, CHICAGO),
        Article("FRIES", "Rosemary fries", 7_00, CHICAGO),
        Article("BRUNCH", "Sunday brunch plate", 19_75, CHICAGO),
        Article("PIE", "Sour cherry pie", 9_50, CHICAGO),
        Article("LAGER", "Local lager, pint", 8_00, CHICAGO),
        Article("RED-G", "House red, glass", 12_00, CHICAGO),
        Article("LEMON", "Lemonade", 5_00, CHICAGO),
        Article("JAM", "Cherry jam, jar", 11_00, GROCERIES),
        Article("HONEY", "Rooftop honey, jar", 14_00, GROCERIES),
    ),
)

LAMB_STREET = Shop(
    key="london",
    people=("Priya Shah", "Callum Boyd"),
    regulars=(
        ("Ruth Okafor", "ruth.okafor@example.com", "visa"),
        ("Tom Gallagher", "tom.gallagher@example.com", "mastercard"),
    ),
    answers=(("amelia.hart@example.com", "good"), ("", "good"), ("d.lloyd@example.com", "bad")),
    location_elsewhere="Thistle & Rye, Spitalfields",
    name="Thistle & Rye, Lamb Street",
    currency="gbp",
    timezone="Europe/London",
    address={"line1": "16 Lamb Street", "city": "London", "postal_code": "E1 6EA"},
    prices_include_tax=True,
    articles=(
        Article("NOVEL", "Paperback novel", 9_99, 0),
        Article("POEMS", "Collected poems", 14_99, 0),
        Article("ATLAS", "Pocket atlas of London", 12_50, 0),
        Article("COOK", "The rye bread cookbook", 22_00, 0),
        Article("CHILD", "Picture book", 7_99, 0),
        Article("NOTE-A5", "Notebook, A5", 11_00, VAT),
        Article("PEN", "Fountain pen", 34_50, VAT),
        Article("INK", "Bottle of ink, blue-black", 9_25, VAT),
        Article("CARD", "Greeting card", 3_25, VAT),
        Article("TOTE", "Canvas tote bag", 12_00, VAT),
        Article("CANDLE", "Heather candle", 18_00, VAT),
        Article("WRAP", "Gift wrapping", 2_50, VAT),
    ),
)

MONTREAL = Shop(
    key="montreal",
    people=("Chloé Gagnon", "Mathis Roy"),
    regulars=(("Inès Bouchard", "ines.bouchard@example.com", "visa_debit"),),
    reader_elsewhere="Comptoir 2",
    is_asked=True,
    name="Érable & Co., rue Saint-Paul",
    currency="cad",
    timezone="America/Toronto",
    address={
        "line1": "350 rue Saint-Paul Est",
        "city": "Montréal",
        "state": "QC",
        "postal_code": "H2Y 1H2",
    },
    articles=(
        Article("SIROP", "Sirop d'érable, 540 ml", 14_50, 0),
        Article("BEURRE", "Beurre d'érable", 11_00, 0),
        Article("TARTE", "Tarte au sucre", 18_50, QUEBEC),
        Article("BONBON", "Bonbons à l'érable", 8_75, QUEBEC),
        Article("THE", "Thé à l'érable", 9_95, 0),
        Article("CAFE", "Café moulu, 340 g", 16_00, 0),
        Article("CONFIT", "Confiture de bleuets", 7_95, 0),
        Article("MIEL", "Miel de trèfle", 12_25, 0),
        Article("TASSE", "Tasse en grès", 24_00, QUEBEC),
        Article("LINGE", "Linge à vaisselle", 15_00, QUEBEC),
        Article("BOUGIE", "Bougie, sapin baumier", 28_00, QUEBEC),
        Article("SAC", "Sac de toile", 13_00, QUEBEC),
    ),
)

COMPANIES = (
    Company(
        stripe_id="acct_demoharborpine",
        name="Harbor & Pine Coffee Co.",
        country="US",
        mcc="5812",  # restaurants: a tip may be added on the receipt
        fee=Terms(basis_points=150, fixed_amount=5, cap_amount=5_00),
        charge_model=ChargeModel.DIRECT,
        shops=(WATER_STREET, WICKER_PARK),
    ),
    Company(
        stripe_id="acct_demothistlerye",
        name="Thistle & Rye Ltd",
        country="GB",
        mcc="5942",  # book shops
        fee=Terms(basis_points=200),
        charge_model=ChargeModel.DESTINATION,
        shops=(LAMB_STREET,),
    ),
    Company(
        stripe_id="acct_demoerable",
        name="Érable & Co. inc.",
        country="CA",
        mcc="5499",  # food shops
        fee=Terms(basis_points=150),
        charge_model=ChargeModel.DIRECT,
        shops=(MONTREAL,),
    ),
)
