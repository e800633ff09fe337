"""A tiny checkpoint for the tests of features."""

import pytest
from tiny import checkpoint, files_of


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return the weights and config of a checkpoint."""
    folder = tmp_path_factory.mktemp("checkpoint")
    checkpoint(folder)
    return files_of(folder)
