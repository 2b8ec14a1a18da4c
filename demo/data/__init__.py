"""The demo: fictional prospects, one fictional seller, and drafts written for them."""
