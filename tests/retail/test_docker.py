"""docker/compose.yaml: who is told what, and who can reach whom."""

from pathlib import Path

import pytest
import yaml

DOCKER = Path(__file__).resolve().parent.parent.parent / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {"web", "hooks", "live", "dispatcher", "worker", "worker-mirror", "beat", "setup"}
WITH_KEYS = {"dispatcher", "worker", "worker-mirror"}
KEYS = {"STRIPE_SECRET_KEY", "STRIPE_MIRROR_KEY"}


def networks(name):
    return set(SERVICES[name]["networks"])


def has_a_way_out(name):
    return any(not (COMPOSE["networks"][one] or {}).get("internal") for one in networks(name))


def test_has_a_service_for_every_role():
    assert set(SERVICES) == OURS | {"proxy", "postgres", "redis", "simulator"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_gives_keys_to_those_alone_who_talk_to_stripe(name):
    told = set(SERVICES[name]["environment"])

    assert told & KEYS == (KEYS if name in WITH_KEYS else set())


@pytest.mark.parametrize("name", sorted(OURS - WITH_KEYS))
def test_gives_no_way_out_to_those_who_need_none(name):
    assert not has_a_way_out(name)


@pytest.mark.parametrize("name", sorted(WITH_KEYS))
def test_lets_those_with_keys_reach_stripe_but_not_the_front(name):
    assert has_a_way_out(name)
    assert "front" not in networks(name)


@pytest.mark.parametrize("name", sorted(OURS))
def test_waits_for_the_tables(name):
    waits = SERVICES[name]["depends_on"]

    if name == "setup":
        assert waits["postgres"]["condition"] == "service_healthy"
    else:
        assert waits == {"setup": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("name", sorted(OURS | {"simulator"}))
def test_runs_ours_with_no_rights_to_speak_of(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "user" not in service  # the image's own, which is not root


def test_is_built_for_an_unprivileged_user():
    last = (DOCKER / "Dockerfile").read_text().rpartition("\nFROM ")[2]

    assert "\nUSER 10001:10001\n" in last


@pytest.mark.parametrize("name", ["web", "hooks", "live"])
def test_asks_web_processes_whether_they_are_ready(name):
    assert "/readyz" in SERVICES[name]["healthcheck"]["test"][-1]


def test_takes_every_queue_that_anything_is_sent_to(settings):
    commands = [SERVICES[name]["command"].split() for name in ("worker", "worker-mirror")]
    taken = {queue for words in commands for queue in words[words.index("-Q") + 1].split(",")}
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}

    assert taken == routed | {"mirror", settings.CELERY_TASK_DEFAULT_QUEUE}


def test_opens_nothing_to_the_outside_but_the_proxy():
    opened = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert set(opened) == {"proxy", "simulator"}
    assert all(port.startswith("127.0.0.1:") for port in opened["simulator"])


def test_keeps_no_secret_in_the_repository():
    lines = (DOCKER / ".env.example").read_text().splitlines()
    set_here = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert not any(set_here[name] for name in (*KEYS, "SECRET_KEY", "POSTGRES_PASSWORD"))


def test_explains_every_variable_it_reads():
    text = (DOCKER / "compose.yaml").read_text()
    read = {part.split(":")[0] for part in text.split("${")[1:]}

    explained = (DOCKER / ".env.example").read_text()
    assert {name for name in read if f"{name}=" not in explained} <= {"SIMULATOR_PORT"}


def test_lets_nobody_outside_name_a_webhook_secret_or_an_address():
    caddyfile = (DOCKER / "Caddyfile").read_text()

    assert "request_header -X-Djstripe-Webhook-Secret" in caddyfile
    assert "request_header -X-Forwarded-For" in caddyfile
    assert "max_size 256KiB" in caddyfile
