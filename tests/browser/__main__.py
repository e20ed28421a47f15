"""`make browser-test`: status 75 when there is no Chromium and none can be had."""

import os
import sys
from pathlib import Path

import pytest

from tests.browser import chromium

FOLDER = Path(__file__).parent
# The project's own settings load plugins that start a database.
HERE = ("-c", str(FOLDER / "pytest.ini"), "--rootdir", str(FOLDER.parents[1]), str(FOLDER))


def main() -> int:
    path = chromium.get()
    if path is None:
        sys.stderr.write(chromium.MISSING)
        return chromium.NO_BROWSER
    os.environ["CHROMIUM"] = path
    return int(pytest.main([*HERE, *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
