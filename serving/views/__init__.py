"""Pages of serving: panels on the registry and on a miniature, and the playground."""
