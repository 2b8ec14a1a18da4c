"""Messages say the same things in six languages, and are the same for the same seed."""

from random import Random

from demo.encoder import messages


def test_mails_and_sheets_are_fixed_by_the_seed() -> None:
    def drawn(seed: int) -> list[str]:
        rng = Random(seed)
        mails = [messages.mail(rng, "it", "away") for _ in range(20)]
        return [messages.sheet(rng, "it", mail) for mail in mails]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
