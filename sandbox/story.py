"""The story that `make run` tells: a value's way there and back, through the real functions, each step saying why."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

from sandbox.world import World

_PATIENCE = 60.0  # seconds that a step waits for the other side to follow

MAPPING = [
    ("name", "customer_name", "two_way"),
    ("estimatedvalue", "amount", "two_way"),
    ("estimatedclosedate", "close_date", "two_way"),
    ("new_priority", "is_priority", "two_way"),
    ("description", "description", "two_way"),
    ("new_starttime", "start_time", "dynamics_to_oneflow"),
    ("parentaccountid", "account_name", "dynamics_to_oneflow"),
    ("ownerid", "owner_name", "sync_once"),
]


class StepFailed(Exception):
    """What a step expected and did not see."""


class Story:
    """Plays the steps in order; `run()` is True if all of them went as told."""

    def __init__(self, world: World, say: Callable[[str], None] = print) -> None:
        self._world, self._say = world, say
        self._opportunity = world.opportunity
        self._number = int(time.time()) % 100_000  # a restart tells it with other values
        self._contract = 0

    def run(self) -> bool:
        steps = [
            ("The app is healthy", self._healthy),
            ("An administrator switches Oneflow's webhooks on", self._webhooks),
            ("An administrator maps fields of the opportunity", self._mapping),
            ("A seller creates a contract from the opportunity", self._create),
            ("The counterparty changes a value in the sent contract; Dynamics follows by itself", self._counterparty),
            ("The seller changes a value in Dynamics, looks at the preview, and pushes", self._push),
            ("A colleague changes a draft, which Oneflow does not announce; it is fetched by hand", self._draft),
            ("Both sides change one field: the policy decides, and what lost is in the history", self._conflict),
            ("Everybody signs: from then on the contract is left alone", self._signed),
        ]
        told = True
        for number, (title, step) in enumerate(steps, 1):
            self._say(f"\n{number}. {title}")
            try:
                step()
            except (StepFailed, requests.RequestException, KeyError) as error:
                self._say(f"   FAILED: {error}")
                told = False
        return told

    # --- the steps --------------------------------------------------------------------------------------------------

    def _healthy(self) -> None:
        health = self._call("GET", "health")
        self._say("   " + ", ".join(f"{name}: {state}" for name, state in health["dependencies"].items()))

    def _webhooks(self) -> None:
        answer = self._call("PUT", "connection/webhooks", {})
        self._expect(answer["on"], "the subscription is on")
        self._say(f"   Oneflow calls {answer['callback_url']}")

    def _mapping(self) -> None:
        route = "entities/opportunity/mapping"
        known = self._call("GET", route)
        rows = [dict(zip(("dynamics_column", "oneflow_field", "direction"), row, strict=True)) for row in MAPPING]
        saved = self._call("PUT", route, {"entity": "opportunity", "fields": rows}, {"If-Match": known["etag"] or "*"})
        for row in saved["fields"]:
            self._say(f"   {row['dynamics_column']:<20} {row['direction']:<20} {row['oneflow_field']}")

    def _create(self) -> None:
        world = self._world
        world.edit_record({"name": f"Frame agreement {self._number}"})
        self._contract = self._new_contract("Frame agreement, first")
        world.oneflow.people.publish(self._contract)
        self._say(f"   contract {self._contract}: {world.oneflow_page(self._contract)}")

    def _counterparty(self) -> None:
        wanted = f"Nordlys Gruppen AS {self._number}"
        self._world.edit_contract(self._contract, {"customer_name": wanted})
        self._say(f"   the counterparty types {wanted!r}; no other call is made")
        self._until(lambda: self._world.record()["name"] == wanted, "the opportunity's topic follows")
        self._show_history(None, "customer_name")

    def _push(self) -> None:
        self._world.edit_record({"estimatedvalue": f"{self._number}.50"})
        preview = self._call("GET", f"contracts/{self._contract}/preview?action=push")
        self._say("   preview:")
        self._show(preview)
        result = self._call("POST", f"contracts/{self._contract}/push", {"plan_id": preview["plan_id"]})
        self._expect(result["outcome"] == "synced", f"the push is synced, not {result['outcome']}")
        self._expect(self._field("amount") == f"{self._number}.50", "the contract shows the new amount")
        again = self._call("POST", f"contracts/{self._contract}/push", {})
        self._say(f"   pushed; a second push finds nothing to do: {again['outcome']}")
        self._expect(again["outcome"] == "unchanged", "equal values write nothing")

    def _draft(self) -> None:
        draft = self._new_contract("Frame agreement, second")
        wanted = f"Edited in the draft {self._number}"
        self._world.edit_contract(draft, {"description": wanted}, "colleague")
        result = self._call("POST", f"contracts/{draft}/fetch", {})
        self._show(result)
        self._expect(self._world.record()["description"] == wanted, "the opportunity shows the draft's text")

    def _conflict(self) -> None:
        ours, theirs = f"Our words {self._number}", f"Their words {self._number}"
        # Both start from the same, so that each change is a change.
        self._call("POST", f"contracts/{self._contract}/push", {})
        self._world.edit_record({"description": ours})
        self._world.edit_contract(self._contract, {"description": theirs})
        self._until(lambda: self._world.record()["description"] == theirs, "Oneflow wins by policy")
        line = self._show_history(None, "description", ours)
        self._expect(line is not None and line["to"] == theirs, "the overwritten text is in the history")

    def _signed(self) -> None:
        self._world.oneflow.people.sign_all(self._contract)
        self._world.edit_record({"name": f"After the signature {self._number}"})
        result = self._call("POST", f"contracts/{self._contract}/push", {})
        self._show(result)
        self._expect(result["outcome"] == "blocked", "a signed contract is never written")

    # --- how ---------------------------------------------------------------------------------------------------------

    def _new_contract(self, name: str) -> int:
        seed = self._world.oneflow_seed
        body = {
            "template_id": seed.FRAME_TEMPLATE,
            "workspace_id": seed.SALES,
            "name": f"{name} {self._number}",
            "parties": [
                {
                    "type": "company",
                    "name": "Nordlys AS",
                    "country_code": "NO",
                    "participants": [{"name": "Ola Kjoper", "email": "ola@nordlys.example", "signatory": True}],
                }
            ],
        }
        result = self._call("POST", f"records/opportunity/{self._opportunity}/contracts", body)
        self._show(result)
        return int(result["contract_id"])

    def _call(
        self, verb: str, route: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        url = f"{self._world.app_url}/api/{route}"
        answer = requests.request(verb, url, json=body, headers=dict(headers or {}), timeout=60)
        if answer.status_code >= 400:
            raise StepFailed(f"{verb} {route} answered {answer.status_code}: {answer.text[:300]}")
        content: dict[str, Any] = answer.json()
        return content

    def _field(self, custom_id: str) -> str:
        return self._world.contract_text(self._contract, custom_id)

    def _until(self, seen: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _PATIENCE
        while not seen():
            if time.monotonic() > end:
                raise StepFailed(f"waited in vain: {what}")
            time.sleep(0.1)

    @staticmethod
    def _expect(true: Any, what: str) -> None:
        if not true:
            raise StepFailed(f"not so: {what}")

    def _show(self, result: Mapping[str, Any]) -> None:
        for line in result["fields"]:
            if line["result"] != "unchanged":
                self._line(line)
        why = f" ({result['reason']})" if result["reason"] else ""
        self._say(f"   {result['action']}: {result['outcome']}{why}")

    def _show_history(
        self, cause: str | None, field: str | None = None, overwritten: str | None = None
    ) -> dict[str, Any] | None:
        """The newest written line that fits; a sync closes shortly after the record shows its value."""
        found: list[dict[str, Any]] = []

        def written() -> bool:
            entries = self._call("GET", f"contracts/{self._contract}/history")["entries"]
            found[:] = [
                line | {"cause": entry["cause"]}
                for entry in entries
                if cause in (None, entry["cause"])
                for line in entry["fields"]
                if line["result"] == "written"
                and field in (None, line["oneflow_field"])
                and overwritten in (None, line["from"])
            ]
            return bool(found)

        self._until(written, "the history has the entry")
        self._line(found[0], found[0]["cause"])
        return found[0]

    def _line(self, line: Mapping[str, Any], cause: str | None = None) -> None:
        why = line["reason"] or (f"cause: {cause}" if cause else "")
        arrow = "->" if line["side"] else "  "
        name = line.get("dynamics_label") or line["dynamics_column"]
        self._say(f"   {name} [{line['side'] or '-'}] {line['from']!r} {arrow} {line['to']!r}  {line['result']}. {why}")
