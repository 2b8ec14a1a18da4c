"""Pages of the campaigns room. Thin: they call services and selectors, never models."""
