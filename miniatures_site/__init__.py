"""The site: settings, addresses, workers and the demo. It knows every room; no room knows it."""
