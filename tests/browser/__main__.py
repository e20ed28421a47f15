"""`make browser-test`: status 75 when there is no Chromium and none can be had."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import chromium

FOLDER = Path(__file__).parent
# The product's pages have all processes behind them, and so the project's own settings.
PRODUCT = FOLDER.parent / "pages"
# The project's own settings load plugins that start a database.
HERE = ("-c", str(FOLDER / "pytest.ini"), "--rootdir", str(FOLDER.parents[1]), str(FOLDER))


def main() -> int:
    path = chromium.get()
    if path is None:
        sys.stderr.write(chromium.MISSING)
        return chromium.NO_BROWSER
    os.environ["CHROMIUM"] = path
    simulator = int(pytest.main([*HERE, *sys.argv[1:]]))
    # In a process of its own: plugins that start a database do so when pytest is loaded.
    product = [sys.executable, "-m", "pytest", "-n", "0", str(PRODUCT), *sys.argv[1:]]
    return simulator or subprocess.run(product, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
