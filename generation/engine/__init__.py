"""Plain-Python engines that write drafts; none of them knows Django."""
