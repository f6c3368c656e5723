"""Functions that the host's tests need besides the small app's: async ones, slow ones, and every kind of answer."""

from __future__ import annotations

import asyncio
import threading
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
taken: list[int] = []
done: list[int] = []
guard = threading.Lock()


@app.function_name("waits")
@app.route(route="waits/{word}", methods=["GET"])
async def waits(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0)
    if req.route_params["word"] == "fails":
        raise ValueError("as it was told")
    return func.HttpResponse(req.route_params["word"], status_code=202, headers={"Set-Cookie": "a=b; Path=/api"})


@app.function_name("mastered")
@app.route(route="mastered", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def mastered(req: func.HttpRequest) -> str:
    return "in"


@app.function_name("slow_work")
@app.queue_trigger(arg_name="msg", queue_name="%SECOND_QUEUE%", connection="AzureWebJobsStorage")
def slow_work(msg: func.QueueMessage) -> None:
    with guard:
        taken.append(msg.dequeue_count or 0)
    time.sleep(float(msg.get_body()))
    with guard:
        done.append(msg.dequeue_count or 0)
