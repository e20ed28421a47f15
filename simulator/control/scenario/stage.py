"""The scenario that plays: its steps and customers as jobs on the agenda, and how far it is.

Its whole state is JSON in the world, so that it goes on after a restart with a journal.
"""

import re
from typing import Any

from simulator.api.routes import Call
from simulator.control.routes import Row, Visit, find
from simulator.control.scenario import customers, timing
from simulator.errors import StripeError
from simulator.operations import ROUTES
from simulator.sandbox import Sandbox
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM

STEP, CUSTOMER, RETURN, END = "scenario_step", "customer", "customer_returns", "scenario_end"
RUNNING, DONE, STOPPED = "running", "done", "stopped"
RETURN_MS = 20_000
KEPT_PROBLEMS = 100
_LATEST = re.compile(r"latest (\w+)")


class Stage:
    def __init__(self, sandbox: Sandbox, rows: list[Row]) -> None:
        self._sandbox = sandbox
        self.rows = rows
        sandbox.jobs |= {
            STEP: self._step,
            CUSTOMER: self._customer,
            RETURN: self._return,
            END: self._end,
        }
        sandbox.world.saved = self._saved

    @property
    def state(self) -> Json | None:
        return self._sandbox.world.scenario

    def play(self, plan: Json) -> None:
        """From the beginning: a scenario that names seed or clock begins with a fresh world."""
        if plan["seed"] is not None or plan["start_ms"] is not None:
            self._sandbox.reset(plan["seed"], plan["start_ms"], plan["speed"])
        else:
            self.stop()
            if plan["speed"] is not None:
                self._sandbox.run_at(plan["speed"])
        world = self._sandbox.world
        now = world.clock.now_ms()
        for account in plan["accounts"]:
            self._open(account)
        steps = [{**step, "done": 0, "last_at": None, "next_at": None} for step in plan["steps"]]
        world.scenario = {
            "name": plan["name"],
            "state": RUNNING,
            "started_at": now,
            "ended_at": None,
            "ends_at": None if plan["ends"] is None else timing.due(plan["ends"], now),
            "steps": steps,
            "customers": plan["customers"],
            "counts": {},
            "problems": [],
            "turns": {},
        }
        self._plan_all(world.scenario, now)
        self._note()

    def stop(self, state: str = STOPPED) -> None:
        """No more steps, no more customers; what was done stays done."""
        world = self._sandbox.world
        for job in (STEP, CUSTOMER, RETURN, END):
            world.agenda.cancel(job)
        if world.scenario is not None and world.scenario["state"] == RUNNING:
            world.scenario |= {"state": state, "ended_at": world.clock.now_ms()}
            self._note()

    def _note(self) -> None:
        self._sandbox.world.note("scenario")

    # The scene

    def _open(self, account: Json) -> None:
        id = PLATFORM
        if not account["platform"]:
            id = self._perform("POST", "/accounts", account["body"])["id"]
        for location in account["locations"]:
            sent = {name: location[name] for name in ("display_name", "address")}
            place = self._stripe(id, "/v1/terminal/locations", sent)
            for reader in location["readers"]:
                self._stripe(id, "/v1/terminal/readers", reader | {"location": place.id})

    def _stripe(self, account: str, path: str, params: Json) -> Record:
        """What a client of the API would have done beforehand."""
        found = ROUTES.find("POST", path)
        assert found is not None
        operation, _ = found
        world = self._sandbox.world
        call = Call(world, account, "", operation.parse(params), path)
        made = operation.handler(call)
        assert isinstance(made, Record)
        return made

    # Steps

    def _plan_all(self, scenario: Json, start: int) -> None:
        """Each step is timed from the start, `after` from the one above it."""
        above = start
        for number, step in enumerate(scenario["steps"]):
            above = timing.first(step["when"], start, above)
            self._plan_step(scenario, number, above)
        if scenario["ends_at"] is not None:
            self._schedule(scenario["ends_at"], END)

    def _plan_step(self, scenario: Json, number: int, at: int) -> None:
        scenario["steps"][number]["next_at"] = at
        self._schedule(at, STEP, number=number)

    def _schedule(self, at: int, job: str, **args: Any) -> None:
        world = self._sandbox.world
        world.agenda.put({"at": max(at, world.clock.now_ms()), "job": job, "args": args})

    def _step(self, number: int) -> None:
        scenario = self.state
        assert scenario is not None
        world, step = self._sandbox.world, scenario["steps"][number]
        step |= {"done": step["done"] + 1, "last_at": world.clock.now_ms(), "next_at": None}
        start, last = scenario["started_at"], step["last_at"]
        again = timing.again(step["when"], step["done"], last, start)
        if again is not None:
            self._plan_step(scenario, number, again)
        self._note()
        for call in step["calls"]:
            self._carry_out(call, step["line"])
        left = any(each["next_at"] is not None for each in scenario["steps"])
        if not left and not scenario["customers"] and scenario["ends_at"] is None:
            self.stop(DONE)

    def _end(self) -> None:
        self.stop(DONE)

    def _carry_out(self, call: Json, line: int) -> None:
        for path in self._paths(call, line):
            account = call["body"].get("account")
            body = _resolved(self._sandbox, call["body"], account)
            self._try(call["method"], path, body, line)

    def _paths(self, call: Json, line: int) -> list[str]:
        if call.get("which") is None:
            return [call["path"]]
        found = [
            record.id
            for record in self._sandbox.world.store.by_id.values()
            if record.kind == "readers"
            and customers.comes_to(record, call["which"], call.get("account"))
        ]
        if not found:
            self._tell(line, f"No reader fits {call['which']!r}.")
        return [call["path"].replace("{id}", id) for id in found]

    def _try(self, method: str, path: str, body: Json, line: int | None) -> bool:
        try:
            self._perform(method, path, body)
        except (StripeError, ValueError, TypeError, LookupError) as error:
            self._tell(line, f"{method} {path}: {error.args[0] if error.args else error}")
            return False
        return True

    def _perform(self, method: str, path: str, body: Json) -> Any:
        found = find(self.rows, method, path)
        if found is None:
            raise LookupError("There is no such call.")
        act, id = found
        return act(Visit(self._sandbox, id, body=body))

    def _tell(self, line: int | None, words: str) -> None:
        scenario = self.state
        if scenario is None:  # the step was a reset
            return
        at = self._sandbox.world.clock.now_ms()
        scenario["problems"].append({"at": at, "line": line, "message": words})
        del scenario["problems"][:-KEPT_PROBLEMS]
        self._note()

    # Customers

    def _saved(self, record: Record) -> None:
        """A reader that waits anew gets a customer, who thinks for a while."""
        scenario = self.state
        if record.kind != "readers" or scenario is None or scenario["state"] != RUNNING:
            return
        turn = customers.turn(record)
        known = scenario["turns"].get(record.id)
        if turn is None or (known is not None and known["turn"] == turn):
            return
        for number, kind in enumerate(scenario["customers"]):
            if customers.comes_to(record, kind["readers"], kind["account"]):
                self._invite(scenario, record, number, turn)
                return

    def _invite(self, scenario: Json, reader: Record, kind: int, turn: list[Any]) -> None:
        world = self._sandbox.world
        known = scenario["turns"].get(reader.id)
        if known is None or known["turn"][0] != turn[0]:
            fate = customers.fate(scenario["customers"][kind], world.dice)
            self._count(scenario, fate)
        else:
            fate = known["fate"]
        scenario["turns"][reader.id] = {"turn": turn, "fate": fate}
        self._note()
        if fate != customers.WALKS_AWAY:
            least, most = scenario["customers"][kind]["think_ms"]
            delay = world.dice.randint(least, most)
            world.agenda.schedule(delay, CUSTOMER, reader=reader.id, kind=kind, turn=turn)

    def _count(self, scenario: Json, name: str) -> None:
        scenario["counts"][name] = scenario["counts"].get(name, 0) + 1

    def _customer(self, reader: str, kind: int, turn: list[Any]) -> None:
        """What the customer does, if the reader still waits for just that."""
        scenario, world = self.state, self._sandbox.world
        record = world.store.anywhere("readers", reader)
        assert scenario is not None
        if record is None or customers.turn(record) != turn:
            return
        fate = scenario["turns"][reader]["fate"]
        act, body = customers.act(world, record, scenario["customers"][kind], fate)
        done = self._try("POST", f"/readers/{reader}/{act}", body, None)
        if done:
            self._count(scenario, act)
            if body.get("leave_in"):
                world.agenda.schedule(RETURN_MS, RETURN, reader=reader)
            if customers.turn(record) == turn:  # as after a card that could not be read
                self._invite(scenario, record, kind, turn)
        self._note()

    def _return(self, reader: str) -> None:
        """For the card that was forgotten."""
        record = self._sandbox.world.store.anywhere("readers", reader)
        if record is not None and record.hidden["condition"] == "card_left_in":
            self._try("POST", f"/readers/{reader}/remove_card", {}, None)


def _resolved(sandbox: Sandbox, value: Any, account: str | None) -> Any:
    """`latest charges` is the id of the newest charge, in the account that is named."""
    if isinstance(value, dict):
        return {name: _resolved(sandbox, each, account) for name, each in value.items()}
    found = _LATEST.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    records = [
        record
        for record in sandbox.world.store.by_id.values()
        if record.kind == found[1] and account in (None, record.account)
    ]
    return max(records, key=lambda each: each.seq).id if records else value
