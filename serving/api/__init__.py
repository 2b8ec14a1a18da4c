"""What programs reach: OpenAI's own paths under /v1, and promotion under /api/v1."""
