from __future__ import annotations

import pytest

from qcsearch.bundle.manifest import REQUIRED, Manifest
from qcsearch.bundle.storage import store


@pytest.fixture
def contents():
    """Small files under the names that a bundle has: enough for everything that looks at bytes only."""
    return {name: f'{{"{name}": [0.5, 1.5]}}'.encode() for name in REQUIRED} | {
        "MODEL_CARD.md": b"# A model\n"
    }


@pytest.fixture(params=["bundle", "bundle.zip"])
def stored(request, tmp_path, contents):
    """A bundle on disk, once as a folder and once as a zip file."""
    path = tmp_path / request.param
    store(path, contents, Manifest.of(contents, {"qcsearch": "0.1.0"}))
    return path
