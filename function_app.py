"""The Functions app: every function, and nothing else. Importing it needs no settings and opens nothing."""

import azure.functions as func

from sync_core import bootstrap
from sync_core.handlers import routes
from sync_core.telemetry.lines import quiet_libraries

quiet_libraries()
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
routes.register(app, bootstrap.services, bootstrap.put_back)
