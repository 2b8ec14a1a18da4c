"""A viewer beside the admin and the reviewer."""

import pytest


@pytest.fixture
def viewer(make_member):
    return make_member("vera")
