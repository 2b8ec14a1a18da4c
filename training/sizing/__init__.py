"""Peak memory of one optimiser step, in closed form. Arithmetic on shapes: no torch, no files, no runs."""
