"""The HTTP API: /api/v1, described by OpenAPI, errors as problem+json (RFC 9457)."""
