"""Orders that go by batches: whether they may, what they cost, what lies at a provider, and closing that after a cancel."""
