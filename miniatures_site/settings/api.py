"""Settings of the API: how requests are told apart and answered, and what its description says."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "members.tokens.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "miniatures_site.access.enforce.RouteAccess",
        "members.tokens.scopes.HasScope",
        "web.http.known_parameters.KnownParameters",
        "miniatures_site.being_installed.NoEarlyOrders",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["members.tokens.throttling.TokenThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "web.http.negotiation.DeclaredForms",
    "DEFAULT_PARSER_CLASSES": ["web.http.json_parser.StrictJSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_PAGINATION_CLASS": "web.http.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "miniatures_site.api.auto_schema.KeyedSchema",
    "EXCEPTION_HANDLER": "web.http.problems.exception_handler",
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
    "SERVE_PERMISSIONS": ["miniatures_site.access.enforce.RouteAccess", "members.tokens.scopes.HasScope"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "miniatures_site.api.schema.complete"],
    # A body is JSON but where an endpoint takes a file, and says so itself: a client offered both would send either.
    "PARSER_WHITELIST": ["web.http.json_parser.StrictJSONParser"],
    # Choices of different things may be called the same in their endpoints; clients get a type for each.
    "ENUM_NAME_OVERRIDES": {
        "SourceKindEnum": "review.states.SourceKind",
        "CampaignStateEnum": "campaigns.states.CampaignState",
        "MessageStateEnum": "campaigns.states.MessageState",
        "StageKindEnum": "campaigns.states.StageKind",
        "StageStateEnum": "campaigns.states.StageState",
        "ServingStateEnum": "serving.states.ServingState",
        "DraftStateEnum": "review.states.DraftState",
        "VerdictEnum": "review.states.Verdict",
        "RevisionStateEnum": ["asked", "arrived", "failed"],
        "BulkVerdictEnum": "review.bulk.bulk_verdict.VERDICTS",
        "InvitationStateEnum": ["open", "accepted", "revoked", "expired"],
        "SuiteKindEnum": "evaluation.states.SuiteKind",
        "RuleKindEnum": "evaluation.states.RuleKind",
        "RuleOutcomeEnum": "evaluation.states.RuleOutcome",
        "OutcomeKindEnum": "campaigns.outcomes.api.KINDS",
        "SuppressionReasonEnum": "campaigns.states.SuppressionReason",
        "HoldReasonEnum": "campaigns.states.HoldReason",
        "MeaningEnum": "campaigns.states.ReplyClass",
    },
}
