"""`make access`: asks every route as every caller, and writes the table into docs/security.md."""

from __future__ import annotations

from sandbox.host.invokers import best_invoker
from sandbox.world import World
from tests.access.attempts import ROUTES, answers
from tests.access.table import PAGE, write
from tests.stories.stage import Stage

if __name__ == "__main__":
    world = World.start(invoker=best_invoker(), schedule="0 0 0 1 1 *")
    try:
        stage = Stage(world)
        found = {route.name: answers(stage, route) for route in ROUTES}
        write({name: {who: one.status_code for who, one in each.items()} for name, each in found.items()})
        print(f"{len(ROUTES)} routes, {sum(map(len, found.values()))} requests: {PAGE.name} is up to date.")
    finally:
        world.close()
