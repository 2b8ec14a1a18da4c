"""The manners every page and endpoint shares: errors, pages of results, template tags. No models of its own."""
