"""Settings common to all environments; dev, test and prod add theirs."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF

from miniatures_site.settings import api, env, sso, stores
from miniatures_site.settings.campaigns import *  # noqa: F403
from miniatures_site.settings.languages import *  # noqa: F403
from miniatures_site.settings.mail import *  # noqa: F403
from miniatures_site.settings.retention import *  # noqa: F403
from miniatures_site.settings.serving import *  # noqa: F403
from miniatures_site.settings.watching import *  # noqa: F403

BASE_DIR = env.BASE_DIR
VAR_DIR = env.var_dir()

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # For its table alone, which older installations have: its pages, with a sign-in of their own, are nowhere.
    "django.contrib.admin",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "web",
    "audit",
    "members",
    "jobs",
    "webhooks",
    "review",
    "generation",
    "training",
    "evaluation",
    "serving",
    "campaigns",
    "demo",
    "miniatures_site",
]

MIDDLEWARE = [
    "web.http.request_log.request_log",
    "miniatures_site.health.request_counts.count_requests",
    "web.http.no_store.no_store",
    "campaigns.tracking.hosts.tracking_hosts",
    "django.middleware.security.SecurityMiddleware",
    "serving.v1.fast_path.skip_page_middleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "web.http.form_encoding.refuse_other_encodings",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "members.sign_in.second_factor.SecondFactorMiddleware",
    "members.recent_login.reauthentication.ReauthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.downloads.AuditDownloads",
    "miniatures_site.access.enforce.AccessMiddleware",
    "web.language.pages.PageLanguage",
    "web.http.null_bytes.RefuseNullBytes",
]

ROOT_URLCONF = "miniatures_site.urls"
ASGI_APPLICATION = "miniatures_site.asgi.application"
# Requests that one web process works on at once; each has a thread, and the thread its database connection.
WEB_SEATS = int(env.number("WEB_SEATS", 8, minimum=1))
# The largest request that is read from a member, and the largest file where files come in.
MAX_BODY_MIB = env.number("MAX_BODY_MIB", 8, minimum=1)
MAX_UPLOAD_MIB = env.number("MAX_UPLOAD_MIB", 64, minimum=1)
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
                "miniatures_site.frame.navigation.context",
            ],
            "builtins": ["django.templatetags.i18n", "web.templatetags.figures", "web.templatetags.language"],
        },
    }
]
FORM_RENDERER = "web.http.form_direction.WidgetsByDirection"
DATABASES = {"default": stores.database(env.text("DATABASE_URL", stores.sqlite_url(VAR_DIR / "miniatures.sqlite3")))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "members.Member"
SESSION_ENGINE = "members.sign_in.session_store"
_BACKENDS = "django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"
AUTHENTICATION_BACKENDS = list(_BACKENDS)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_FORMS = {"login": "members.sign_in.closed_pages.UsernameLoginForm"}
ACCOUNT_ADAPTER = "members.sign_in.account_adapter.NoSignupAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
# Members may sign in by their organisation's provider; who is no member comes in by invitation, or from these domains.
SOCIALACCOUNT_PROVIDERS = sso.providers()
SOCIALACCOUNT_ADAPTER = "members.sign_in.sso.InvitedOnlyAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
OIDC_ALLOWED_DOMAINS = env.words("OIDC_ALLOWED_DOMAINS")
MFA_ADAPTER = "members.sign_in.second_factor.EncryptedSecretsAdapter"
# A code typed just before its half minute ends, or by a clock a little off (RFC 6238, 5.2); each still opens once.
MFA_TOTP_TOLERANCE = 1
REQUIRE_MFA_FOR = sso.required_of()
# Acts that hand out power ask for a proof of who it is that is no older than so many seconds.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")  # No code by mail: whoever reads a mailbox may not be its owner.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,10/5m/key"}

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT") or VAR_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": stores.storage(env.text("STORAGE_URL"), VAR_DIR / "artefacts"),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True

REST_FRAMEWORK = api.REST_FRAMEWORK
REST_KNOX = api.REST_KNOX
KNOX_TOKEN_MODEL = api.KNOX_TOKEN_MODEL
SPECTACULAR_SETTINGS = api.SPECTACULAR_SETTINGS

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF, *sso.form_origins()],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = max(32, int(MAX_BODY_MIB)) * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_HANDLERS = (
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "web.disk.whole_files.NothingHalfWritten",
)

REDIS_URL = env.text("REDIS_URL")
_REDIS_CACHE = {
    "LOCATION": stores.redis_location(REDIS_URL),
    "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
}
CACHES = {
    # Tries to sign in among other things, counted by all web processes together where there is a Redis.
    "default": {"BACKEND": "web.caching.shared_cache.SharedCache", **_REDIS_CACHE}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Figures as Python's own objects, which no other process may be handed.
    "figures": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Requests of each token, counted by all web processes together; one alone counts for itself.
    "rates": {"BACKEND": "django.core.cache.backends.redis.RedisCache", **_REDIS_CACHE}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "rates"},
}
# What takes longer to count is kept for a while and told with its moment.
SLOW_FIGURES_S = env.number("SLOW_FIGURES_S", 0.25, minimum=0)
METRICS_TOKEN = env.text("METRICS_TOKEN")  # Who has it may read /metrics; empty: nobody.
# Requests of one token a minute; 0: not counted. Browsers never are: no decision may be lost to a limit.
RATE_LIMITS = {
    "read": int(env.number("RATE_LIMIT_READ_PER_MINUTE", 6000)),
    "write": int(env.number("RATE_LIMIT_WRITE_PER_MINUTE", 3000)),
    "files": int(env.number("RATE_LIMIT_FILES_PER_MINUTE", 300)),
}
CELERY_BROKER_URL = env.text("BROKER_URL", REDIS_URL or f"sqla+sqlite:///{VAR_DIR / 'broker.sqlite3'}")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {}  # Other transports refuse options they do not know.
if CELERY_BROKER_URL.startswith(("redis", "rediss")):
    stores.redis_location(CELERY_BROKER_URL, setting="BROKER_URL")
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 3600}
CELERY_TASK_PUBLISH_RETRY = False
# For Flower and `celery inspect`. An SQLite file as broker takes no broadcast.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not CELERY_BROKER_URL.startswith("sqla")
CELERY_WORKER_SEND_TASK_EVENTS = CELERY_TASK_SEND_SENT_EVENT = CELERY_WORKER_ENABLE_REMOTE_CONTROL
CELERY_TASK_DEFAULT_QUEUE = "default"

# The life of jobs. Tests turn these down to fractions of a second.
JOB_LEASE_S = env.number("JOB_LEASE_S", 60, minimum=0.2)
JOB_HEARTBEAT_S = env.number("JOB_HEARTBEAT_S", 10, minimum=0.05)
JOB_REAPER_EVERY_S = env.number("JOB_REAPER_EVERY_S", 5, minimum=0.1)
JOB_INGEST_EVERY_S = 1.0
JOB_STOP_GRACE_S = env.number("JOB_STOP_GRACE_S", 30, minimum=0.1)
JOB_MAX_ATTEMPTS = int(env.number("JOB_MAX_ATTEMPTS", 5, minimum=1))
# Workers are notified again of a job that has been queued for this long without being claimed.
JOB_RERING_S = env.number("JOB_RERING_S", 5, minimum=0.1)
# How politely engines share the machine with the web server, and what must stay free on the disk to begin one.
JOB_ENGINE_NICE = int(env.number("JOB_ENGINE_NICE", 5))
JOB_MIN_FREE_DISK_MIB = env.number("JOB_MIN_FREE_DISK_MIB", 200)
# How long a worker's host keeps the directories of ended jobs; a failed one may still be resumed.
JOB_KEEP_RUNS_DAYS = env.number("JOB_KEEP_RUNS_DAYS", 7, minimum=0)
JOB_KEEP_FAILED_RUNS_DAYS = env.number("JOB_KEEP_FAILED_RUNS_DAYS", 30, minimum=0)
# Where a worker's end is its engines' end (containers), they are asked to save first.
JOB_ENGINES_OUTLIVE_WORKERS = env.flag("JOB_ENGINES_OUTLIVE_WORKERS", default=True)
WORKER_THREADS = int(env.number("WORKER_THREADS", 16, minimum=3))
WORKER_BEAT_S = env.number("WORKER_BEAT_S", 10, minimum=0.1)
RUNS_DIR = VAR_DIR / "runs"
# Address that other hosts reach this one by in runs on several; empty: that by which it reaches the database.
HOST_ADDRESS = env.text("HOST_ADDRESS", "")
# Tokens that the tuning runs of a host share.
TOKEN_CACHE_DIR = VAR_DIR / "cache" / "tokens"

# A card is a reviewer's for this long after it was dealt or touched.
CARD_LEASE_S = env.number("CARD_LEASE_S", 600, minimum=1)
DECK_SIZE = 5

ALLOWED_PRIVATE_HOSTS = env.words("ALLOWED_PRIVATE_HOSTS")
SERVES_THIS_MACHINE_ALONE = False  # Where it is so, teachers may be servers of this machine.
# Which secrets may be named for what and sent where, beside the well-known ones: use:NAME@host (docs/providers.md).
ALLOWED_SECRETS = env.words("ALLOWED_SECRETS")
# Whether checkpoints go to storage, so that other hosts can resume from them; unset: where storage is not a folder.
CHECKPOINTS_IN_STORAGE = (
    env.flag("CHECKPOINTS_IN_STORAGE", default=False) if env.text("CHECKPOINTS_IN_STORAGE") else None
)
STUDENT_ROOTS = [Path(p).resolve() for p in env.words("STUDENT_ROOTS", str(VAR_DIR / "students"))]
# Where the demo's small models lie; they come with the code.
DEMO_STUDENT_DIR = BASE_DIR / "demo" / "student" / "weights"
DEMO_ENCODER_DIR = BASE_DIR / "demo" / "encoder" / "weights"
# The small model that `sort_replies` asks beside its rules; it comes with the code too.
REPLY_SORTER_DIR = Path(env.text("REPLY_SORTER_DIR", str(BASE_DIR / "demo" / "reply_sorter" / "weights"))).resolve()
DEMO = env.flag("DEMO", default=False)
# The client that plays the offline teacher, as `module:Class`: passed to engines in the specs of their runs.
OFFLINE_TEACHER = "demo.data.demo_teacher:open_teacher"

# Webhooks: how long a receiver may think.
WEBHOOK_TIMEOUT_S = env.number("WEBHOOK_TIMEOUT_S", 10, minimum=0.1)

# Web research: whom a site may write to about our robot (an address of mail or web), the least pause between two pages
# of a host, and a SearXNG server whose key, if it wants one, stands in RESEARCH_SEARCH_KEY.
RESEARCH_CONTACT = env.text("RESEARCH_CONTACT")
RESEARCH_DELAY_S = env.number("RESEARCH_DELAY_S", 1)
RESEARCH_SEARCH_URL = env.web_address("RESEARCH_SEARCH_URL").rstrip("/")

# The hub that versions are sent to; empty: the one its library knows.
HUB_ENDPOINT = env.text("HUB_ENDPOINT").rstrip("/")

# Evaluation: how many held-out records are written for, what the teacher may cost there, what this host costs.
EVALUATE_AFTER_RUNS = env.flag("EVALUATE_AFTER_RUNS", default=True)
EVALUATION_MAX_RECORDS = int(env.number("EVALUATION_MAX_RECORDS", 200, minimum=1))
EVALUATION_TEACHER_BUDGET_USD = env.number("EVALUATION_TEACHER_BUDGET_USD", 1.0)
HOST_USD_PER_HOUR = env.number("HOST_USD_PER_HOUR", 0)
# Experiments: what an hour of the people who approve mails costs, and an hour of a GPU that is always on.
PERSON_USD_PER_HOUR = env.number("PERSON_USD_PER_HOUR", 40)
GPU_USD_PER_HOUR = env.number("GPU_USD_PER_HOUR", 1.5)

# The key of the suppression list; empty: derived from SECRET_KEY. Changing it blinds the list, so keep it with backups.
ADDRESS_HMAC_KEY = env.text("ADDRESS_HMAC_KEY")

# Where links in mails lead: the public address of this site, without a slash at its end.
SITE_URL = env.web_address("SITE_URL", f"http://{env.text('HOST', '127.0.0.1')}:{env.text('PORT', '8000')}").rstrip("/")
# Where the local mail sink keeps what it gets; none: there is no sink, and no mailbox page.
MAILBOX_DIR: Path | None = None
