"""What one optimiser step holds at its peak, in closed form. Arithmetic on shapes: no torch, no files, no runs."""
