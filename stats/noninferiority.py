"""Power of a non-inferiority test, before anything is measured.

Losses and errors are in one unit, such as shares of a loss.

Power is that of Student's t at the named degrees of freedom, shifted by the true loss (Julious 2004, Statistics in
Medicine 23(12)).
"""

from __future__ import annotations

from stats.intervals.distributions import t_cdf, t_quantile

# One-sided, as the upper end of a 95 % interval is.
ALPHA = 0.025
POWER = 0.8


def power(*, margin: float, loss: float, error: float, df: float, alpha: float = ALPHA) -> float:
    """Chance that a true loss is shown to be below the margin, 0 to 1.

    Args:
        margin: What may be lost.
        loss: What truly is lost; negative where something is won.
        error: Standard error of the measured loss, above 0.
        df: Its degrees of freedom.
        alpha: Chance to show it where exactly the margin is lost.

    Raises:
        ValueError: The error is not above 0.
    """
    if error <= 0:
        raise ValueError("Without an error every loss is known: power has no sense.")
    return t_cdf((margin - loss) / error - t_quantile(1 - alpha, df), df)


def largest_loss_shown(*, margin: float, error: float, df: float, power: float = POWER, alpha: float = ALPHA) -> float:
    """The largest true loss that is shown to be below the margin with this power; negative where only a gain is."""
    return margin - (t_quantile(1 - alpha, df) + t_quantile(power, df)) * error


def smallest_loss_shown_beyond(
    *, margin: float, error: float, df: float, power: float = POWER, alpha: float = ALPHA
) -> float:
    """The smallest true loss that is shown to be above the margin with this power."""
    return margin + (t_quantile(1 - alpha, df) + t_quantile(power, df)) * error
