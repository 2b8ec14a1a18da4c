"""The API of generation. Thin: it asks selectors and calls services."""
