"""The doctor looks at a deployed app from outside: the app's own functions behind the local host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from cli.doctor.deployed import check_app
from sandbox.wire import Request, Response, Server
from sandbox.world import World
from sync_core.secret_digests import SECRETS, digest
from tests.cli.desk import Desk


@pytest.fixture(scope="module")
def app_world() -> Iterator[World]:
    world = World.start(invoker="direct", schedule="0 0 0 1 1 *")
    yield world
    world.close()


def looked(world: World, url: str = "") -> dict[str, Any]:
    desk = Desk(world)
    del desk.env["SYNC_LOCAL_USER"]  # the app runs in this process too
    done = desk.run("doctor", "--json", "--app", url or world.app_url)
    return {one["check"]: one for one in done.json["findings"] if one["check"].startswith("app.")}


def test_an_app_behind_the_platforms_sign_in_is_sound(app_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNC_LOCAL_USER")
    assert app_world.app
    app_world.app.run_timer("reconcile")  # which has the queue's function tell, too
    app_world.drain()

    found = looked(app_world)

    assert {name: one["level"] for name, one in found.items()} == {
        "app.https": "warning",
        "app.health": "ok",
        "app.secrets": "ok",
        "app.secrets.reconcile": "ok",
        "app.secrets.sync_jobs": "ok",
        "app.forged_principal": "ok",
        "app.key.oneflow": "ok",
        "app.key.dynamics": "ok",
    }


def test_an_app_that_uses_another_secret_than_these_settings_is_found(app_world: World) -> None:
    """As after a rotation that has not arrived."""
    answer = requests.get(f"{app_world.app_url}/api/health", timeout=30)
    env = {**app_world.env, "ONEFLOW_API_TOKEN": "MARKER-NEW", "DATAVERSE_CLIENT_SECRET": ""}
    found = {one.check: one for one in check_app(app_world.app_url, env)}
    assert found["app.secret.ONEFLOW_API_TOKEN"].level == "failed"
    assert "azure refresh" in found["app.secret.ONEFLOW_API_TOKEN"].remedy
    assert "app.secrets" not in found and not [name for name in found if name.endswith("ONEFLOW_SIGN_KEYS")]
    told = answer.text + "".join(one.text for one in found.values())
    assert not [name for name in SECRETS if (value := app_world.env.get(name)) and value in told]


def test_an_app_that_was_given_no_secret_by_the_vault_is_found() -> None:
    def unresolved(request: Request) -> Response:
        return Response.of_json(503, {"status": "failing", "secrets": {"ONEFLOW_API_TOKEN": "unresolved"}})

    server = Server(unresolved)
    try:
        env = {"ONEFLOW_API_TOKEN": "there", "ONEFLOW_SIGN_KEYS": "there too"}
        found = {one.check: one.text for one in check_app(server.url, env)}
    finally:
        server.close()

    assert "was given none by the key vault" in found["app.secret.ONEFLOW_API_TOKEN"]
    assert "has none" in found["app.secret.ONEFLOW_SIGN_KEYS"]


def test_functions_that_no_request_reaches_are_looked_at_too() -> None:
    used = {"ONEFLOW_API_TOKEN": digest("ONEFLOW_API_TOKEN", "new")}
    old = {"ONEFLOW_API_TOKEN": digest("ONEFLOW_API_TOKEN", "old")}
    told = [{"function": "sync_jobs", "secrets": used}, {"function": "sync_jobs", "secrets": old}]
    server = Server(
        lambda request: Response.of_json(200, {"status": "ok", "secrets": used, "secrets_by_function": told})
    )
    try:
        found = {one.check: one for one in check_app(server.url, {"ONEFLOW_API_TOKEN": "new"})}
    finally:
        server.close()

    assert found["app.secrets"].level == "ok", "the process that answers has the new one"
    assert (
        found["app.secrets.reconcile"].level == "warning" and "revoke no old" in found["app.secrets.reconcile"].remedy
    )
    assert found["app.secrets.sync_jobs"].level == "failed" and "azure refresh" in found["app.secrets.sync_jobs"].remedy
    assert "ONEFLOW_API_TOKEN" in found["app.secrets.sync_jobs"].text


def test_an_app_that_believes_a_forged_header_is_found(app_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting says that the platform signs people in, but nothing stands before the app."""
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")

    found = looked(app_world)["app.forged_principal"]

    assert found["level"] == "failed"
    assert "App Service Authentication" in found["remedy"]


def test_an_open_machine_route_is_found() -> None:
    def careless(request: Request) -> Response:
        return Response.of_json(200, {"dependencies": {}})

    server = Server(careless)
    try:
        found = {one.check: one for one in check_app(server.url)}
    finally:
        server.close()

    assert found["app.key.oneflow"].level == "failed"
    assert "authorization level" in found["app.key.dynamics"].remedy


def test_an_app_that_does_not_answer_is_found(app_world: World) -> None:
    assert "runs" in looked(app_world, "http://127.0.0.1:9")["app.health"]["remedy"]
