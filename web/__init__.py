"""The manners every page and endpoint shares: errors, pages of results, headers, template tags. No models of its own."""
