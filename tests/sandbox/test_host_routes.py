"""Which function a request reaches. Where two fit, the real host goes by their names' alphabet and not by the routes:
https://github.com/Azure/azure-functions-host/issues/9876"""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from sandbox.host.model import FunctionSpec, Rejected, specs_of
from sandbox.host.routes import Routes
from sandbox.wire import Request
from tests.test_function_app import read


def a_function(name: str, route: str, method: str = "GET") -> FunctionSpec:
    return FunctionSpec(name, "http", "req", route, frozenset({method}))


def found(specs: list[FunctionSpec], path: str, method: str = "GET") -> Any:
    answer = Routes(specs, "api").find(Request.of(method, f"http://host/api/{path}", {}, b""))
    return answer and (answer.spec.name, dict(answer.parts))


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_that_fit_the_first_by_name_answers_whatever_it_is(turned: bool) -> None:
    specs = [a_function("b_literal", "x/me"), a_function("a_any", "x/{id}")]
    assert found(specs[::-1] if turned else specs, "x/me") == ("a_any", {"id": "me"})
    specs = [a_function("a_literal", "x/me"), a_function("B_any", "x/{id}")]
    assert found(specs[::-1] if turned else specs, "x/me") == ("a_literal", {})


def test_one_that_does_not_fit_leaves_the_request_to_the_next() -> None:
    specs = [a_function("a", "x/{id:int}"), a_function("b", "x/{id}", "POST"), a_function("c", "{*rest}")]
    assert found(specs, "x/7") == ("a", {"id": "7"})
    assert found(specs, "x/7", "POST") == ("b", {"id": "7"})
    assert found(specs, "x/me") == ("c", {"rest": "x/me"})
    assert found(specs, "x/me", "DELETE") is None


@pytest.mark.parametrize(("route", "path", "parts"), [
    ("x/{id:int}", "x/2147483647", {"id": "2147483647"}), ("x/{id:int}", "x/2147483648", None),
    ("x/{id:int}", "x/-5", {"id": "-5"}), ("x/{id:int}", "x/five", None),
    ("x/{id:long}", "x/2147483648", {"id": "2147483648"}), ("x/{id:long}", "x/9223372036854775808", None),
    ("x/{id:guid}", "x/0b1ec700-0000-4000-8000-000000000002", {"id": "0b1ec700-0000-4000-8000-000000000002"}),
    ("x/{id:guid}", "x/0b1ec700", None), ("x/{on:bool}", "x/True", {"on": "True"}), ("x/{on:bool}", "x/1", None),
    ("x/{a?}", "x", {}), ("x/{a?}", "x/1", {"a": "1"}), ("x/{a}", "x", None), ("x/{a}", "x/", None),
    ("x/{a}", "x/1/2", None), ("x/{*a}", "x", {}), ("x/{*a}", "x/1/2", {"a": "1/2"}),
    ("x/{a}", "X/b%20c", {"a": "b c"}),
    ("x/{a}", "x/b%2Fc", {"a": "b%2Fc"}), ("x/{*a}", "x/b%2fc/d", {"a": "b%2fc/d"}), ("caf%C3%A9", "caf%C3%A9", None),
    ("café", "caf%C3%A9", {}), ("ui.json", "uixjson", None),
])  # fmt: skip
def test_a_path_gives_the_routes_parameters_or_does_not_fit(
    route: str, path: str, parts: dict[str, str] | None
) -> None:
    assert found([a_function("a", route)], path) == (None if parts is None else ("a", parts))


@pytest.mark.parametrize("route", ["x/{id:minlength(3)}", "x/{id:regex}", "x/{a}-{b}", "x/{id", "x/{id=1}"])
def test_a_route_that_this_host_cannot_read_is_rejected_and_not_served_wrongly(route: str) -> None:
    with pytest.raises(Rejected, match="function a:"):
        Routes([a_function("a", route)], "api")


class Read:
    """A function of the project's app, as its own process told it."""

    def __init__(self, name: str, bindings: list[dict[str, Any]]) -> None:
        self._name, self._bindings = name, bindings

    def get_function_name(self) -> str:
        return self._name

    def get_raw_bindings(self) -> list[str]:
        return [json.dumps(binding) for binding in self._bindings]


def test_no_request_fits_two_of_the_projects_functions() -> None:
    """So the order in which a host tries them never matters."""
    functions = [Read(name, bindings) for name, bindings in read()["functions"].items()]
    http = [spec for spec in specs_of(functions, {"AzureWebJobsStorage": "set"}) if spec.kind == "http"]
    alone = [(spec, Routes([spec], "")) for spec in http]
    words = {part for spec in http for part in spec.route.split("/") if "{" not in part} | {"anything"}
    asked = 0
    for spec in http:
        choices = [sorted(words) if "{" in part else [part] for part in spec.route.split("/")]
        for parts in itertools.product(*choices):
            for method in spec.methods:
                request = Request.of(method, "http://host/" + "/".join(parts), {}, b"")
                assert [one.name for one, routes in alone if routes.find(request)] == [spec.name], request.path
                asked += 1
    assert asked > len(http) > 25


@pytest.mark.parametrize("route", ["admin", "admin/keys", "Administration", "runtime/webhooks"])
def test_routes_that_begin_as_the_hosts_own_are_rejected(route: str) -> None:
    bindings = [{"type": "httpTrigger", "name": "req", "direction": "IN", "route": route}]
    with pytest.raises(Rejected, match="function one"):
        specs_of([Read("one", bindings)], {})


@pytest.mark.parametrize("name", ["host", "HOST", "1st", "a b", "a.b", "", "x" * 129])
def test_names_that_the_real_host_does_not_take_are_rejected(name: str) -> None:
    with pytest.raises(Rejected, match="not a valid function name"):
        specs_of([Read(name, [{"type": "httpTrigger", "name": "req", "direction": "IN"}])], {})


def test_parameters_that_differ_in_kind_are_two_routes() -> None:
    one, two = ([{"type": "httpTrigger", "name": "req", "route": route}] for route in ("x/{id:int}", "x/{name}"))
    assert len(specs_of([Read("one", one), Read("two", two)], {})) == 2


def test_a_function_that_a_setting_disables_is_left_out() -> None:
    bindings = [{"type": "httpTrigger", "name": "req"}]
    both = [Read("one", bindings), Read("two", bindings)]
    assert [spec.name for spec in specs_of(both, {"AzureWebJobs.one.Disabled": "true"})] == ["two"]
