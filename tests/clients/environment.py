"""The Dataverse simulator over real TLS, and real sign-in beside it, for clients that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.identity import Certificate, IdentitySimulator
from sandbox.role import give_whole_role
from sandbox.wire import Server

KEY = "new_accountnumber_key"
PAIR = "new_name_and_number_key"


@dataclass
class Environment:
    sim: DataverseSimulator
    identity: IdentitySimulator
    url: str
    authority: str  # the host that tokens come from

    def paths(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.sim.log.entries()]


@contextmanager
def environment(certificate: Certificate) -> Iterator[Environment]:
    """Accounts have an alternate key of one column, and one of two; the application may do what a seller may."""
    identity = IdentitySimulator()
    sim = DataverseSimulator(holder=lambda token: identity.holder(token, servers[0].url), send=lambda *_: 202)
    keys = {KEY: ("accountnumber",), PAIR: ("accountnumber", "name")}
    sim.world.tables["account"] = replace(sim.world.tables["account"], keys=keys)
    give_whole_role(sim.world)
    sim.world.security.assign(seed.APPLICATION, seed.SALESPERSON)
    tls = (str(certificate.chain), str(certificate.key))
    servers = [Server(sim, tls=tls), Server(identity, tls=tls)]
    yield Environment(sim, identity, servers[0].url, servers[1].url)
    for server in servers:
        server.close()
    sim.close()
