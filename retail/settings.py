"""Every setting of the project; what may differ between machines comes from the environment.

`.env.example` lists the variables. Nothing else reads `os.environ`, except the launcher of
`make run`, which fills it in (docs/architecture.md, "The embedded default").
"""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()  # type: ignore[no-untyped-call]
environ.Env.read_env(env("ENV_FILE", default=str(BASE_DIR / ".env")))

# Django

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="insecure-" + "only-for-tests-and-checks" * 2)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# A proxy that ends TLS says so in X-Forwarded-Proto and lets nobody else say it (docker/Caddyfile).
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600)
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # asked past the proxy
# In which header a proxy says who asked, and lets nobody else say it; empty: nobody is in front.
CLIENT_ADDRESS_HEADER = env("CLIENT_ADDRESS_HEADER", default="")
SESSION_COOKIE_SECURE = BEHIND_TLS_PROXY
CSRF_COOKIE_SECURE = BEHIND_TLS_PROXY
# Not Strict: who comes back from Stripe's onboarding, or by a link in a mail, is signed in.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
VAR_DIR = Path(env("RETAIL_VAR_DIR", default=str(BASE_DIR / "var"))).absolute()

INSTALLED_APPS = [
    "retail",
    "unfold.apps.BasicAppConfig",  # the site is ours (retail.admin_config)
    "terminal",
    "payments",
    "stores",
    "djstripe",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "retail.admin_config.RetailAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "retail.walls.Walls",
    "django.middleware.security.SecurityMiddleware",
    "retail.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "retail.urls"
ASGI_APPLICATION = "retail.asgi.application"
WSGI_APPLICATION = "retail.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "retail.banner.of_the_admin",
                "retail.banner.of_the_door",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_REDIRECT_URL = "admin:index"

# Signing in (docs/operations.md, "Who gets in"). Sessions end when nobody used them for a while,
# and in any case after SESSION_COOKIE_AGE; what is sensitive asks again after CONFIRMATION_SECONDS.

SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=True)  # of managers and up
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
SESSION_COOKIE_AGE = env.int("SESSION_SECONDS", default=12 * 3600)
CONFIRMATION_SECONDS = 5 * 60
OTP_TOTP_ISSUER = env("OTP_TOTP_ISSUER", default="Retail")
OTP_TOTP_THROTTLE_FACTOR = 0  # wrong codes are counted by stores/services/tries.py

# How the admin looks (docs/adr/0016); its navigation is in retail/navigation.py.

UNFOLD = {
    "SITE_TITLE": "Retail",
    "SITE_HEADER": "Retail",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": None,  # there is no other site to view
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "retail.dashboard.overview",
    "SIDEBAR": {"show_search": True, "command_search": True},
    "ACCOUNT": {"navigation": "retail.navigation.account_links"},
}

# What people read (docs/architecture.md, "Languages"); the catalogues: `make translations`.

FORMAT_MODULE_PATH = ["retail.formats"]
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("es", "Español"),
    ("fr", "Français"),
    ("fr-ca", "Français (Canada)"),
]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = BEHIND_TLS_PROXY
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = True

# Logs: one line a record on standard error, ids but no payloads (docs/operations.md, "Log lines").

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "retail.logs.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # Addresses hold secrets of others, too, so its lines are ours.
        "uvicorn.access": {"handlers": ["stderr"], "propagate": False},
        "stripe": {"level": "WARNING"},  # else a line for each call, with Stripe's messages
    },
}

# PostgreSQL: connections are kept (a new one per request costs a factor of four). Threads that
# come and go (ASGI), and Celery's, which close theirs after every task, share psycopg's pool; it
# looks whether a connection lives before it lends it. A WSGI server's threads keep one each.

DATABASES = {"default": env.db("DATABASE_URL", default="postgres:///retail")}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # A statement that comes back is planned once a connection, not each time (ADR 0019).
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        server_side_binding=True, prepare_threshold=3
    )
if env.bool("DATABASE_POOL", default=False):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 2,
        "max_size": 16,
        "timeout": 5.0,  # seconds; then the API says that the database is away
    }

# Receipts by e-mail: workers alone send it. Without EMAIL_URL nothing is, and whoever asks for it
# is told.

vars().update(env.email_url("EMAIL_URL", default="dummymail://"))
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=10.0)  # seconds of each answer of a mail server
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="receipts@localhost")

# Celery: only ids travel; a lost broker costs seconds, never a sale.

CELERY_BROKER_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # What a worker took is in its row; kept in Redis too, it is given back when the connection
    # breaks, and kombu 5.7 ends the whole worker when it cannot.
    "ack_emulation": False,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ROUTES = {
    "payments.tasks.converse": {"queue": "reader"},
    "payments.tasks.carry_out": {"queue": "reader"},
    "terminal.tasks.attend": {"queue": "reader"},
}
CELERY_BEAT_SCHEDULE = {
    "prune": {"task": "payments.tasks.prune", "schedule": 24 * 3600.0},
    "forget_addresses": {
        "task": "payments.tasks.forget_addresses",
        "schedule": 24 * 3600.0,
    },
    "sum_fees": {"task": "payments.tasks.sum_fees", "schedule": 3600.0},
    "forget_answers": {"task": "terminal.tasks.forget_answers", "schedule": 24 * 3600.0},
    "forget_old_requests": {"task": "stores.tasks.forget_old_requests", "schedule": 3600.0},
}
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING above holds for workers too

# Stripe. Web processes run without STRIPE_SECRET_KEY: only workers talk to Stripe.

STRIPE_API_VERSION = "2026-08-26.dahlia"
STRIPE_API_BASE = env("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_LIVE_MODE = env.bool("STRIPE_LIVE_MODE", default=False)
# Not called STRIPE_SECRET_KEY: dj-stripe would find it under that name, and store it in clear.
STRIPE_WORKER_KEY = env("STRIPE_SECRET_KEY", default="")
# Retailers connect accounts of theirs with it (Connect's OAuth). No secret. Empty: they cannot.
STRIPE_CLIENT_ID = env("STRIPE_CLIENT_ID", default="")
STRIPE_CONNECT_TIMEOUT = env.float("STRIPE_CONNECT_TIMEOUT", default=3.0)  # seconds
STRIPE_READ_TIMEOUT = env.float("STRIPE_READ_TIMEOUT", default=20.0)  # seconds
STRIPE_LEASE_MARGIN = env.float("STRIPE_LEASE_MARGIN", default=7.0)  # seconds
# Stripe allows 100 calls a second and account, 25 in a sandbox: https://docs.stripe.com/rate-limits
STRIPE_READS_PER_SECOND = env.int("STRIPE_READS_PER_SECOND", default=10)  # of what waits unrung
# Where a customer's phone goes after paying by a code on a reader; empty: a page of Stripe's.
QR_RETURN_URL = env("QR_RETURN_URL", default="")
STRIPE_TRUST_ENV = env.bool("STRIPE_TRUST_ENV", default=False)  # honour HTTPS_PROXY and .netrc

# dj-stripe mirrors with a read-only restricted key of its own, because it stores what it is given.

STRIPE_MIRROR_KEY = env("STRIPE_MIRROR_KEY", default="")
STRIPE_TEST_SECRET_KEY = "" if STRIPE_LIVE_MODE else STRIPE_MIRROR_KEY
STRIPE_LIVE_SECRET_KEY = STRIPE_MIRROR_KEY if STRIPE_LIVE_MODE else ""
STRIPE_API_HOST = STRIPE_API_BASE
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
SILENCED_SYSTEM_CHECKS = [
    "djstripe.W002",  # STRIPE_API_HOST is always set, to Stripe or the simulator
    # HSTS for subdomains, and for ever: the host is ours, the rest of the domain is not.
    "security.W005",
    "security.W021",
]

# The API

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "retail.api.schema.Schema",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "retail.api.authentication.DeviceAuthentication",
        "retail.api.authentication.StaffAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["stores.api.permissions.MayLook"],
    "EXCEPTION_HANDLER": "retail.api.problems.handle",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Retail API",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "DESCRIPTION": "For tablets at the till. docs/api.md tells a sale step by step.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_NAME_OVERRIDES": {
        "ReaderActionType": "terminal.models.ActionType",
        "ReasonEnum": "payments.models.Reason",
        "DiscountReason": "stores.models.DiscountReason",
        "OutcomeEnum": "payments.models.Outcome",
        "FleetKind": "terminal.models.FleetKind",
        "FleetOutcome": "terminal.models.FleetOutcome",
        "FleetMove": "terminal.services.fleet_settling.MOVE_CHOICES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "retail.api.schema.complete",
    ],
}

# Live updates: a sign of life, and a look whether the client is still welcome, so often.

LIVE_HEARTBEAT = env.float("LIVE_HEARTBEAT", default=15.0)  # seconds

# The shop

WEBHOOK_SECRET_CACHE_SECONDS = 60
CRASH_POINT = env("RETAIL_CRASH_POINT", default="")  # tests only: die at this named point
