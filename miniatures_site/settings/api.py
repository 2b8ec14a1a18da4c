"""Settings of the API: how requests are told apart and answered, and what its description says."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "members.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["members.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["members.throttling.TokenThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["web.json_body.JsonBody", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_PAGINATION_CLASS": "web.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "web.problems.exception_handler",
    # `?format=` is a word of our own: the format of a dataset file.
    "URL_FORMAT_OVERRIDE": None,
    "PAGE_SIZE": 50,
}
REST_KNOX = {
    "TOKEN_MODEL": "members.ApiToken",
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": None,
    "AUTO_REFRESH": False,
}
KNOX_TOKEN_MODEL = "members.ApiToken"  # noqa: S105 (a name)
SPECTACULAR_SETTINGS = {
    "TITLE": "Miniatures",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["members.permissions.HasScope"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Choices of different things may be called the same in their endpoints; clients get a type for each.
    "ENUM_NAME_OVERRIDES": {
        "SourceKindEnum": "review.states.SourceKind",
        "CampaignStateEnum": "campaigns.states.CampaignState",
        "MessageStateEnum": "campaigns.states.MessageState",
        "BulkVerdictEnum": "review.bulk_verdict.VERDICTS",
        "InvitationStateEnum": ["open", "accepted", "revoked", "expired"],
    },
}
