"""Pages of the review room. Thin: they call services and selectors, never models."""
