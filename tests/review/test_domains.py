"""Which part of an address stands for a company."""

import pytest

from review.sources.company_domain import company_domain


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://www.Acme.com/", "acme.com"),
        ("acme.com", "acme.com"),
        ("http://shop.acme.co.uk/team?x=1", "acme.co.uk"),
        ("https://acme.com.au:8443", "acme.com.au"),
        ("https://co.uk", "co.uk"),
        ("https://lanu.com.co/", "lanu.com.co"),
        ("https://linkedin.com/company/acme/about/", "linkedin.com/company/acme"),
        ("https://www.linkedin.com/company/acme", "linkedin.com/company/acme"),
        ("https://uk.linkedin.com/company/ACME", "linkedin.com/company/acme"),
        ("https://linkedin.com/", ""),
        ("https://gaiabox.webflow.io/", "gaiabox.webflow.io"),
        ("https://www.webflow.io/", ""),
        ("https://acme.com.", "acme.com"),
        ("https://bücher.de/", "xn--bcher-kva.de"),
        ("", ""),
        (None, ""),
        ("none yet", ""),
        ("localhost", ""),
        ("192.168.0.1", ""),
        ("http://[broken", ""),
    ],
)
def test_an_address_is_read_as_the_part_one_company_owns(address: str | None, domain: str) -> None:
    assert company_domain(address) == domain
