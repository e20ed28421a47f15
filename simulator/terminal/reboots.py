"""Smart readers start anew once a day, at midnight where they stand, or in their own window.

https://docs.stripe.com/terminal/readers/stripe-reader-s700-s710
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from simulator.state.store import Record
from simulator.state.world import World
from simulator.terminal import configurations, device
from simulator.terminal.device import AUTHORIZING, ENTERING_PIN, IDLE

POSTPONED_MS = 60_000
# One zone for a country or, before that, a state; where none is named, UTC.
ZONES = {
    "AT": "Europe/Vienna",
    "AU": "Australia/Sydney",
    "BE": "Europe/Brussels",
    "CA": "America/Toronto",
    "CA-AB": "America/Edmonton",
    "CA-BC": "America/Vancouver",
    "CA-NS": "America/Halifax",
    "CH": "Europe/Zurich",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "IT": "Europe/Rome",
    "JP": "Asia/Tokyo",
    "LU": "Europe/Luxembourg",
    "MY": "Asia/Kuala_Lumpur",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "NZ": "Pacific/Auckland",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "SE": "Europe/Stockholm",
    "SG": "Asia/Singapore",
    "US": "America/New_York",
    **dict.fromkeys(("US-CA", "US-NV", "US-OR", "US-WA"), "America/Los_Angeles"),
    **dict.fromkeys(("US-CO", "US-NM", "US-UT"), "America/Denver"),
    **dict.fromkeys(("US-IL", "US-MN", "US-MO", "US-TX", "US-WI"), "America/Chicago"),
    "US-AZ": "America/Phoenix",
    "US-HI": "Pacific/Honolulu",
}


def plan(world: World, reader: Record) -> None:
    """The next reboot: at the first hour of the reader's window, midnight when it has none."""
    window = configurations.setting(world, reader, "reboot_window") or {"start_hour": 0}
    now = datetime.fromtimestamp(world.clock.now_ms() / 1000, _zone(world, reader))
    then = now.replace(hour=window["start_hour"], minute=0, second=0, microsecond=0)
    if then <= now:
        then += timedelta(days=1)
    reader.hidden["reboot_number"] += 1
    delay = int((then.timestamp() - now.timestamp()) * 1000)
    number = reader.hidden["reboot_number"]
    world.agenda.schedule(delay, "reboot", reader=reader.id, number=number)


def _zone(world: World, reader: Record) -> ZoneInfo:
    location = world.store.by_id.get(reader.data["location"] or "")
    address = location.data["address"] if location else {"country": "", "state": ""}
    country = address["country"]
    zone = ZONES.get(f"{country}-{address['state']}") or ZONES.get(country, "UTC")
    return ZoneInfo(zone)


def reboot(world: World, reader: str, number: int) -> None:
    """It forgets what it shows, and Stripe does not hear of that: the action stays as it is."""
    record = world.store.anywhere("readers", reader)
    if record is None or record.hidden["reboot_number"] != number or not record.hidden["reboots"]:
        return
    if record.hidden["phase"] in (AUTHORIZING, ENTERING_PIN):
        world.agenda.schedule(POSTPONED_MS, "reboot", reader=reader, number=number)
        return
    if record.hidden["condition"] != "off":
        record.hidden |= {"phase": IDLE, "attempt": None, "form": None, "result": None}
        record.hidden["booting_until"] = world.clock.now_ms() + device.BOOT_MS
    plan(world, record)
    world.save(record)


JOBS = {"reboot": reboot}
