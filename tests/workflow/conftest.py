"""What tests of a finished run share; `finished` is each module's own."""

import pytest

from damage_tools import damageable_copy


@pytest.fixture(scope="module")
def damageable(finished, tmp_path_factory):
    with damageable_copy(finished, tmp_path_factory.mktemp("damage") / "project") as project:
        yield project
