"""`make js-test`: status 75 when there is no Node.js, or no way to its packages."""

import os
import subprocess
import sys

from tests.js import node


def main() -> int:
    found = node.get()
    if found is None or not node.packages():
        sys.stderr.write(node.NO_NODE if found is None else node.NO_PACKAGES)
        return node.NOTHING_TESTED
    tests = sorted(map(str, node.FOLDER.glob("*.test.js")))
    command = [found, "--test", *sys.argv[1:], *tests]
    # The tests start `python -m simulator` with this Python.
    environment = os.environ | {"PYTHON": sys.executable}
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
