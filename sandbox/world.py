"""The whole world on one machine: storage, sign-in, Dynamics, Oneflow, and the function app between them."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cli.connect.role import connect_role, mapped, needed_by_sellers
from sandbox import dataverse, oneflow
from sandbox.administrator import Administrator, azure_cli
from sandbox.azurite import Azurite
from sandbox.dataverse.events import Step
from sandbox.dataverse.store import Store as DataverseStore
from sandbox.environment import environment
from sandbox.host import LocalHost
from sandbox.identity import Certificate, IdentitySimulator
from sandbox.identity.simulator import CLIENT_ID, CLIENT_SECRET, TENANT
from sandbox.known import Known, free_port
from sandbox.oneflow.samples import Samples
from sandbox.oneflow.store import Saver
from sandbox.oneflow.store import Store as OneflowStore
from sandbox.oneflow.switches import Switches
from sandbox.pages import WIDGET, DynamicsPages, OneflowPages
from sandbox.role import give_sellers_role
from sandbox.storage_proxy import StorageProxy
from sandbox.wire import Server
from sync_core import bootstrap
from sync_core.bootstrap import Services
from sync_core.bootstrap.operator import QUEUES, TABLES, Operator
from sync_core.engine.model.jobs import job_of
from sync_core.errors import VersionMoved
from sync_core.place import SIGNS
from sync_core.settings import Settings
from sync_core.usecases.administration.registrations import note_registered
from sync_core.usecases.sync.open import columns_watched

SIGN_KEY = "sandbox-sign-key"  # opens nothing but this sandbox
_EVENTS = ("Update", "Delete")


class World:
    """`World.start()`; with a folder everything is kept there. `invoker`: "direct", "worker" or "none" (no app)."""

    oneflow_seed = oneflow.seed
    dataverse_seed = dataverse.seed

    def __init__(
        self,
        folder: Path | None,
        invoker: str,
        lock_seconds: int,
        watch_storage: bool,
        schedule: str,
        rate_limit: int,
        samples: Samples | None = None,
    ) -> None:
        self._temporary = contextlib.ExitStack()
        keep = folder or Path(self._temporary.enter_context(tempfile.TemporaryDirectory()))
        keep.mkdir(parents=True, exist_ok=True)
        self.folder = keep
        self._known = Known(keep / "sandbox.json", fixed=folder is not None)
        certificate = Certificate.make(keep / "certificates")
        self.azurite = Azurite.start(keep / "storage" if folder else None)
        self.storage = StorageProxy(self.azurite.connection_string) if watch_storage else None
        self.identity = IdentitySimulator()
        tls = (str(certificate.chain), str(certificate.key))
        self._identity_server = Server(self.identity, self._known.port("identity"), tls=tls)
        self._know_people()
        self.dataverse = dataverse.DataverseSimulator(holder=self._holder)
        self.dynamics_pages = DynamicsPages(
            self.dataverse, lambda: self.app_url, lambda: self._oneflow_server.url, self._signed_in_to_dynamics
        )
        self._dataverse_server = Server(self.dynamics_pages, self._known.port("dataverse"))
        self.oneflow = oneflow.OneflowSimulator(switches=Switches(rate_limit=rate_limit), samples=samples)
        oneflow_pages = OneflowPages(self.oneflow, lambda: self._dataverse_server.url)
        self._oneflow_server = Server(oneflow_pages, self._known.port("oneflow"))
        self._savers: list[Any] = []
        if folder is not None:
            store = OneflowStore(self.oneflow, keep / "oneflow.json")
            store.load()
            if samples is not None:
                self.oneflow.switches.update(samples.switches)  # whatever the kept account had
            self._savers = [Saver(store), DataverseStore(self.dataverse, keep / "dataverse.json")]
        self.dataverse.people.put_on_form("opportunity", WIDGET)
        self.oneflow.start()
        app_port = self._known.port("app") or free_port()
        self.env = self._environment(certificate, app_port, lock_seconds) | {"SYNC_RECONCILE_SCHEDULE": schedule}
        self.app: LocalHost | None = None
        self.app_url = f"http://127.0.0.1:{app_port}"
        self.services = Services(Settings.read(self.env))
        for name in TABLES:
            self.services._storage.table(name)  # as the deployment makes them
        for name in QUEUES:
            self.services._storage.queue(name)
        self.settings_file = keep / "sandbox.env"
        keys = {"DYNAMICS_EVENTS_KEY": self._known.keys["dynamics_events"]}
        self.settings_file.write_text("".join(f"{name}={value}\n" for name, value in (self.env | keys).items()))
        self.programs = keep / "bin"
        azure_cli(self.programs, self.identity, self._dataverse_server.url)
        self.connects = True
        self.connect()
        if invoker != "none":
            self._take_the_process()
            cors = (self._dataverse_server.url,)
            self.app = LocalHost(
                invoker=invoker, port=app_port, keys=self._known.keys, cors=cors, after=self._connect_after
            )
            self.register_steps()

    @classmethod
    def start(
        cls,
        folder: Path | None = None,
        invoker: str = "direct",
        lock_seconds: int = 60,
        watch_storage: bool = False,
        schedule: str = "*/30 * * * * *",
        rate_limit: int = 2000,
        samples: Samples | None = None,
    ) -> World:
        """`schedule` is reconcile's; `rate_limit`: requests that Oneflow takes in 5 minutes, as the app is told too."""
        return cls(folder, invoker, lock_seconds, watch_storage, schedule, rate_limit, samples)

    def _know_people(self) -> None:
        """Everybody in Dynamics signs in to the same directory."""
        for columns in dataverse.seed.USERS.values():
            if columns.get("azureactivedirectoryobjectid"):
                self.identity.people.know(columns["domainname"], columns["azureactivedirectoryobjectid"])

    def _holder(self, token: str) -> str | None:
        """Dynamics takes tokens for itself only."""
        return self.identity.holder(token, self._dataverse_server.url)

    def _take_the_process(self) -> None:
        """The app reads the environment, once per process: while this world stands, both are its own.

        A container on this machine may bear a name (CONTAINER_NAME) as an instance in Azure does; this is none.
        """
        self._temporary.enter_context(environment(dict.fromkeys(SIGNS) | self.env))
        self._temporary.callback(bootstrap.exchange, bootstrap.exchange(None))

    def close(self) -> None:
        if self.app:
            self.app.close()
        self.oneflow.close()
        self.dataverse.close()
        for server in (self._oneflow_server, self._dataverse_server, self._identity_server):
            server.close()
        for saver in self._savers:
            saver.close()
        if self.storage:
            self.storage.close()
        self.azurite.close()
        self._temporary.close()

    def _environment(self, certificate: Certificate, app_port: int, lock_seconds: int) -> dict[str, str]:
        storage = self.storage.connection_string if self.storage else self.azurite.connection_string
        switches = self.oneflow.switches
        return {
            "AzureWebJobsStorage": storage,
            "ONEFLOW_API_URL": f"{self._oneflow_server.url}/v1",
            "ONEFLOW_API_TOKEN": oneflow.seed.TOKEN,
            "ONEFLOW_USER_EMAIL": oneflow.seed.SELLER,
            "ONEFLOW_RATE_LIMIT": f"{switches.rate_limit}/{switches.rate_window:.0f}",
            "ONEFLOW_SIGN_KEYS": SIGN_KEY,
            "ONEFLOW_WEBHOOK_KEY": self._known.keys["oneflow_webhook"],
            "PUBLIC_URL": f"http://127.0.0.1:{app_port}",
            "DATAVERSE_URL": self._dataverse_server.url,
            "DATAVERSE_TENANT_ID": TENANT,
            "DATAVERSE_CLIENT_ID": CLIENT_ID,
            "DATAVERSE_CLIENT_SECRET": CLIENT_SECRET,
            "DATAVERSE_AUTHORITY": f"{self._identity_server.url}/{TENANT}",
            "REQUESTS_CA_BUNDLE": str(certificate.authority),
            "SYNC_LOCAL_USER": f"{dataverse.seed.SELLER_OID},Sync.Admin",
            "SYNC_LOCK_SECONDS": str(lock_seconds),
            "PYTHON_THREADPOOL_THREAD_COUNT": "16",
            "SANDBOX_FUNCTION_KEYS": json.dumps(self._known.keys),
        }

    def _signed_in_to_dynamics(self) -> str:
        """Whose browser it is that shows the form: its saves are his."""
        return self.identity.sign_in(dataverse.seed.COLLEAGUE_OID, self.env["DATAVERSE_URL"])

    # --- the administrator, who installs -----------------------------------------------------------------------------

    @property
    def patient_env(self) -> dict[str, str]:
        """However short the app's vendors are given."""
        return self.env | {"SYNC_LOCK_SECONDS": "300"}

    def connect(self) -> None:
        """What `python -m cli connect` does to the application user's role: what the saved mappings need, no more; and
        its note of the steps, which are there for every column. The sellers' role is brought up to date as well."""
        operator = Operator.of(self.patient_env, Administrator(self.identity))
        list(connect_role(operator))
        mappings = mapped(operator)
        sellers = needed_by_sellers(operator, mappings)
        with self.dataverse.world.lock:
            give_sellers_role(self.dataverse.world, sellers)
        steps = {mapping.entity: list(columns_watched(mapping)) for mapping in mappings}
        note_registered(operator.marks, steps, operator.now())

    def contract_row(self, contract_id: int) -> dict[str, Any] | None:
        """What the contract's row in Dynamics shows, by its columns' names; None where it has none."""
        simulated = self.dataverse.world
        with simulated.lock:
            rows = [row.values for row in simulated.rows.get("ofs_contract", {}).values()]
        return next((dict(one) for one in rows if one.get("ofs_contractnumber") == str(contract_id)), None)

    def contract_document(self, contract_id: int) -> bytes | None:
        """What is kept on that row as the signed document."""
        simulated = self.dataverse.world
        with simulated.lock:
            for row in simulated.rows.get("ofs_contract", {}).values():
                if row.values.get("ofs_contractnumber") == str(contract_id):
                    return simulated.files.get(("ofs_contract", row.id, "ofs_document"))
        return None

    def _connect_after(self, function: str, status: int) -> None:
        """After each saved mapping, as an administrator should; unless `connects` says that nobody does."""
        if self.connects and function == "save_mapping" and status < 300:
            self.connect()

    def register_steps(self) -> None:
        """The webhook steps that an integrator registers in Dynamics."""
        url = f"{self.app_url}/api/dynamics/events?code={self._known.keys['dynamics_events']}"
        self.dataverse.events.steps = [
            Step(url, message, entity) for message in _EVENTS for entity in ("opportunity", "quote")
        ]

    # --- the two sides ------------------------------------------------------------------------------------------------

    @property
    def opportunity(self) -> str:
        """The opportunity that is there from the start."""
        return dataverse.seed.OPPORTUNITY

    def new_opportunity(self, columns: Mapping[str, Any]) -> str:
        return self.dataverse.people.new("opportunity", columns)

    def record(self, record_id: str | None = None) -> dict[str, Any]:
        return self.dataverse.people.columns("opportunity", record_id or self.opportunity)

    def edit_record(self, columns: Mapping[str, Any], record_id: str | None = None) -> None:
        """A colleague types into the form and saves."""
        self.dataverse.people.set_columns("opportunity", record_id or self.opportunity, columns)

    def edit_contract(self, contract_id: int, texts: Mapping[str, str], who: str = "counterparty") -> None:
        self.oneflow.people.set_fields(contract_id, texts, who)

    def contract_text(self, contract_id: int, custom_id: str) -> str:
        field = self.oneflow.world.state.contracts[contract_id].field(custom_id)
        assert field is not None, f"contract {contract_id} has no field {custom_id}"
        return field.value

    def oneflow_page(self, contract_id: int) -> str:
        return f"{self._oneflow_server.url}/_sandbox/contracts/{contract_id}"

    def form_page(self, record_id: str | None = None, **query: str) -> str:
        """The stub form with the widget, and a contract beside it."""
        words = {"id": record_id or self.opportunity, **query}
        return f"{self._dataverse_server.url}/main.aspx?{urlencode(words)}"

    def contract_page(self, contract_id: int) -> str:
        """The stub of the contract's page in Oneflow."""
        return f"{self._oneflow_server.url}/contracts/{contract_id}"

    def addresses(self) -> list[tuple[str, str]]:
        """What a person may open or call while the sandbox runs."""
        oneflow_url, dataverse_url = self._oneflow_server.url, self._dataverse_server.url
        return [
            ("health", f"{self.app_url}/api/health"),
            ("API description", f"{self.app_url}/api/openapi.json"),
            ("start page", f"{self.app_url}/api/ui/"),
            ("Oneflow Settings", f"{self.app_url}/api/ui/settings.html"),
            ("Dynamics, the app switcher", f"{dataverse_url}/_sandbox/app.aspx"),
            ("Oneflow, what you may do", f"{oneflow_url}/_sandbox"),
            ("Dynamics, what you may do", f"{dataverse_url}/_sandbox"),
            ("the opportunity", f"{dataverse_url}/_sandbox/records/opportunity/{self.opportunity}"),
        ]

    # --- waiting ------------------------------------------------------------------------------------------------------

    def drain(self, timeout: float = 30.0) -> None:
        """Until no notification, event or job that is due now is left."""
        end = time.monotonic() + timeout
        quiet = 0
        while quiet < 2:
            if time.monotonic() > end:
                raise TimeoutError("the world did not become quiet")
            if self.app:
                self.app.drain(max(0.1, end - time.monotonic()))
            idle = self.dataverse.events.idle() and not self._notifications_due()
            quiet = quiet + 1 if idle else 0
            time.sleep(0.01)

    def _notifications_due(self) -> bool:
        return any(note.due_at <= self.oneflow.world.now() for note in self.oneflow.delivery.snapshot())

    @property
    def function_keys(self) -> Mapping[str, str]:
        return self._known.keys

    def age(self, contract_id: int, seconds: float = 120.0) -> None:
        """As if this much time had passed since the link was last looked at: hints of now are no longer bursts."""
        links = self.services._links
        while (opened := links.open(contract_id)) and opened.link.looked_at and opened.intent is None:
            link = opened.link
            again = link.refused_until and link.refused_until - timedelta(seconds=seconds)
            link = replace(link, looked_at=opened.link.looked_at - timedelta(seconds=seconds), refused_until=again)
            with contextlib.suppress(VersionMoved):  # a sync closed it meanwhile: that one's look is aged
                links.close(opened, link, opened.bases, [])
                return

    def put_job(self, job: Mapping[str, Any]) -> None:
        self.services._queue.put(job_of(job))
