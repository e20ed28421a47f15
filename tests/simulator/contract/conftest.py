"""What a recipe brings to light, found out once for all tests that ask."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Simulator
from .walking import Recipe, Walk, walk


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was walked already, by whichever test process."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "walked"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def walked(simulator: Simulator, kept: Path) -> Callable[[Recipe], Walk]:
    def walked(recipe: Recipe) -> Walk:
        file = kept / recipe.__name__
        if not file.exists():
            found = walk(simulator, recipe)
            new = file.with_suffix(f".{os.getpid()}")
            rows = [found.problems, sorted(found.operations), sorted(found.said)]
            new.write_text(json.dumps(rows))
            new.rename(file)
        problems, operations, said = json.loads(file.read_text())
        return Walk(problems, set(operations), {(field, value) for field, value in said})

    return walked
