"""The ASGI application: Stripe's API under /v1, our controls under /_simulator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from simulator.control import api
from simulator.gate import Gate
from simulator.operations import ROUTES
from simulator.pages import authorizing, onboarding, site
from simulator.sandbox import Sandbox
from simulator.state.store import Json
from simulator.state.world import World

STRIPE = ("/v1", "/v2", "/oauth/")


class Application:
    """Requests to Stripe's API go past Starlette's stack: it has to be quick, and to hang up."""

    def __init__(self, world: World, scenario: Json | None = None) -> None:
        """`scenario` is played once time passes, unless the journal holds one that plays."""
        self._world = world
        self._scenario = scenario
        self.gate = Gate(world, ROUTES)
        self._sandbox = Sandbox(world)
        self._control = Starlette(
            routes=[
                *onboarding.routes(world),
                *authorizing.routes(world),
                *site.routes(self._sandbox),
                *api.routes(self._sandbox),
            ],
            exception_handlers={HTTPException: api.no_such_call},
            lifespan=self._lifespan,
        )

    def stop(self) -> None:
        """Let go of everybody who waits for something."""
        self.gate.stopping.set()
        self._world.watchers.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(STRIPE) and path != authorizing.PATH:
            await self.gate(scope, receive, send)
        else:
            await self._control(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        await self._sandbox.start()
        if self._scenario is not None and self._world.scenario is None:
            self._sandbox.stage.play(self._scenario)
        yield
        await self._sandbox.stop()
