"""No secret in any output: what a test logged or printed, and what processes beside it wrote.

A pytest plugin. A test whose subject is secrets in logs says so: `@pytest.mark.secrets`.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from retail.embedded.family import Child, Family, Program
from retail.logs import secrets_in

read: dict[Path, int] = {}  # how much of each process's log was looked at
spawn = Family.spawn


def spawn_and_remember(self: Family, program: Program) -> Child:
    read.setdefault(program.log, 0)
    return spawn(self, program)


def written() -> Generator[tuple[str, str]]:
    """What each process wrote since this was asked last."""
    for path, done in read.items():
        try:
            with path.open("rb") as log:
                log.seek(done)
                new = log.read()
        except OSError:  # removed with its folder
            continue
        read[path] = done + len(new)
        yield str(path), new.decode(errors="replace")


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    Family.spawn = spawn_and_remember  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """At its end a test fails for every secret that was written while it ran."""
    report = yield
    if report.when != "teardown":
        return report
    found = [
        f"{place}: {secret}"
        for place, text in (*report.sections, *written())
        for secret in dict.fromkeys(secrets_in(text))
    ]
    if found and item.get_closest_marker("secrets") is None:
        report.outcome = "failed"
        report.longrepr = "Secrets were written where anybody may read:\n" + "\n".join(found)
    return report
