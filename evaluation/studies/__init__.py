"""What a study asks and how its cells answer it. Pure Python and numpy: knows no row, job or page."""
