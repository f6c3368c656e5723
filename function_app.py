"""The Functions app: every function, and nothing else. Importing it needs no settings and opens nothing."""

import azure.functions as func

from sync_core import bootstrap
from sync_core.handlers import functions
from sync_core.telemetry.lines import quiet_libraries

quiet_libraries()
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
functions.register(app, bootstrap.services, bootstrap.put_back)
