"""Forms of the review room's pages."""
