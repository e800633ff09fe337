"""The tables of the planted study."""

import pytest
from tabled import scores, tables_of


@pytest.fixture(scope="session")
def made():
    """Tables 1 to 7, in their order."""
    return tables_of(scores())
