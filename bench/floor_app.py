"""The floor for ingest: a function that only puts one message on the queue."""

import os

import azure.functions as func
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
queue = QueueClient.from_connection_string(
    os.environ["AzureWebJobsStorage"],  # noqa: SIM112 the host spells it so
    "floor-jobs",
    message_encode_policy=TextBase64EncodePolicy(),
    api_version="2025-11-05",
)


@app.function_name("floor")
@app.route(route="floor", methods=["POST"])
def floor(req: func.HttpRequest) -> func.HttpResponse:
    queue.send_message(req.get_body().decode(), time_to_live=-1)
    return func.HttpResponse(status_code=200)
