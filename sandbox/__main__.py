"""`python -m sandbox --data FOLDER [--once]`: the whole world on this machine, and the story of a value."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from sandbox.azurite.install import NotInstalled
from sandbox.oneflow.samples import Samples
from sandbox.solution import install
from sandbox.story import Story
from sandbox.switching import RULES, TABLE, know_table, switch_over
from sandbox.world import World


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".data"), help="folder that keeps everything")
    parser.add_argument("--once", action="store_true", help="end after the story; non-zero if a step failed")
    parser.add_argument(
        "--samples", type=Path, help="folder that `python -m cli probe --samples` wrote: as that account"
    )
    parser.add_argument(
        "--switch", type=int, default=0, metavar="N", help="with N contracts that nobody has linked yet, once"
    )
    options = parser.parse_args()
    try:
        samples = Samples.read(options.samples) if options.samples else None
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    options.data.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=options.data / "app.log", level=logging.INFO, format="%(asctime)s %(name)s %(message)s"
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        world = World.start(options.data, _invoker(), samples=samples)
    except NotInstalled as error:
        print(error, file=sys.stderr)
        return 1
    try:
        know_table(world)
        version = install(world)
        print(f"The solution is in Dynamics, version {version}; its app is in the app switcher.")
        told = _tell(world, options.data, options.once)
        if options.once:
            return 0 if told else 1
        _stay(world, options.data)
        if options.switch:
            _switch(world, options.data, options.switch)
        stop.wait()
        return 0
    finally:
        print("Stopping ...", flush=True)
        world.close()


def _tell(world: World, data: Path, always: bool) -> bool:
    """The story, once for each folder: a restart goes on with what is there."""
    mark = data / "story.told"
    if mark.exists() and not always:
        print("The story was told in this folder before; a new folder has it anew.")
        return True
    told = Story(world).run()
    print("\nThe story went as told." if told else "\nThe story did NOT go as told.")
    if told:
        mark.touch()
    return told


def _invoker() -> str:
    from sandbox.host.invokers import best_invoker

    return best_invoker()


def _stay(world: World, data: Path) -> None:
    print("\nEverything stays up; Ctrl-C ends it. Log: " + str(data / "app.log"))
    print("\nOpen this in a browser, and watch values travel both ways:")
    print(f"   {world.form_page()}\n")
    for name, url in world.addresses():
        print(f"   {name:<28} {url}")
    last = max(world.oneflow.world.state.contracts, default=0)
    if last and world.oneflow.world.state.contracts[last].state == "draft":
        world.oneflow.people.publish(last)  # the story's draft is sent, so that its counterparty can edit it
    fields = '{"fields": {"customer_name": "Typed by hand"}}'
    columns = '{"name": "Typed by hand"}'
    record = world.addresses()[-1][1]
    print("\nLook at it with the command-line tool (docs/cli.md):")
    tool, seed = f".venv/bin/python -m cli --env {world.settings_file}", world.oneflow_seed
    print(f"   {tool} doctor")
    print(f"   {tool} probe --template {seed.FRAME_TEMPLATE} --workspace {seed.SALES} --wait 0")
    print("\nAs the administrator of Dynamics, whom a program named `az` signs in here (docs/solution.md):")
    print(f"   export PATH={world.programs.resolve()}:$PATH")
    print(f"   {tool} --sign-in az solution upgrade")
    print(f"   {tool} --sign-in az connect --dry-run")
    print("\nThe same without a browser. Edit as the counterparty, and the opportunity follows:")
    print(f"   curl -X POST {world.oneflow_page(last)}/fields -d '{fields}'")
    print("Edit as a colleague in Dynamics:")
    print(f"   curl -X POST {record} -d '{columns}'", flush=True)


def _switch(world: World, data: Path, contracts: int) -> None:
    if TABLE not in world.dataverse.world.tables:
        print(f"\nMaking {contracts} contracts and their records ...", flush=True)
        switch_over(world, contracts)
    rules = data / "switch-rules.json"
    rules.write_text(json.dumps(RULES, indent=1) + "\n")
    tool = f".venv/bin/python -m cli --env {world.settings_file} --sign-in az link"
    print("\nContracts wait to be linked to their records (docs/switch-over.md):")
    print(f"   export PATH={world.programs}:$PATH")
    print(f"   {tool} plan {rules} --out {data / 'plan'}")
    print(f"   {tool} apply {data / 'plan.json'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
