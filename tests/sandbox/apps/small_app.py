"""A small Functions app for the host's own tests. Its queue is the setting SMALL_QUEUE, its timer SMALL_TICK."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
seen: list[dict[str, Any]] = []
guard = threading.Lock()


def _saw(**parts: Any) -> None:
    with guard:
        seen.append(parts)


@app.function_name("open_one")
@app.route(route="things/{id:int}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def open_one(req: func.HttpRequest) -> func.HttpResponse:
    content = {
        "id": req.route_params["id"],
        "method": req.method,
        "params": dict(req.params),
        "header": req.headers.get("x-thing"),
        "headers": sorted(req.headers),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(content), mimetype="application/json", headers={"X-Kept": "yes"})


@app.function_name("literal")
@app.route(route="things/special", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def literal(req: func.HttpRequest) -> str:
    return "literal"


@app.function_name("named")
@app.route(route="named/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def named(req: func.HttpRequest) -> str:
    name: str = req.route_params["name"]
    return name


@app.function_name("named_literal")
@app.route(route="named/me", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def named_literal(req: func.HttpRequest) -> str:
    return "never: `named` comes first by its name, and fits"


@app.function_name("rest")
@app.route(route="files/{*path}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def rest(req: func.HttpRequest) -> str:
    return req.route_params.get("path") or "(none)"


@app.function_name("keyed")
@app.route(route="keyed", methods=["GET"])
def keyed(req: func.HttpRequest) -> str:
    return "in"


@app.function_name("other_key")
@app.route(route="other", methods=["GET"])
def other_key(req: func.HttpRequest) -> str:
    return "in"


@app.function_name("nothing")
@app.route(route="nothing", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
# With `-> None` Azure's worker would not load any function of the app.
def nothing(req: func.HttpRequest):  # type: ignore[no-untyped-def]
    return None


@app.function_name("breaks")
@app.route(route="breaks", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def breaks(req: func.HttpRequest) -> str:
    raise ValueError("a secret value")


@app.function_name("work")
@app.queue_trigger(arg_name="msg", queue_name="%SMALL_QUEUE%", connection="AzureWebJobsStorage")
def work(msg: func.QueueMessage) -> None:
    text = msg.get_body().decode()
    inserted = msg.insertion_time.isoformat() if msg.insertion_time else None
    _saw(kind="work", text=text, id=msg.id, count=msg.dequeue_count, inserted=inserted)
    if text.startswith("fails"):
        raise ValueError("it always fails")
    if text.startswith("later") and (msg.dequeue_count or 0) < 3:
        raise ValueError("it fails twice")


@app.function_name("work_poison")
@app.queue_trigger(arg_name="msg", queue_name="%SMALL_QUEUE%-poison", connection="AzureWebJobsStorage")
def work_poison(msg: func.QueueMessage) -> None:
    _saw(kind="poison", text=msg.get_body().decode())


@app.function_name("tick")
@app.timer_trigger(schedule="%SMALL_TICK%", arg_name="timer", run_on_startup=False)
def tick(timer: func.TimerRequest) -> None:
    _saw(kind="tick in", past_due=timer.past_due)
    time.sleep(0.02)
    _saw(kind="tick out")
