"""A token endpoint over TLS, for the real MSAL."""

from sandbox.identity.certificate import Certificate
from sandbox.identity.simulator import IdentitySimulator

__all__ = ["Certificate", "IdentitySimulator"]
