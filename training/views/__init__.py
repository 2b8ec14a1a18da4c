"""Pages of the training room. Thin: they call services and selectors, never models."""
