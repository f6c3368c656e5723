"""Dataverse's errors: `{"error": {"code": "0x...", "message": "..."}}` (fact sheet 1.9)."""

from __future__ import annotations

from sandbox.wire import Response


class Problem(Exception):
    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def response(self, everything: bool = False) -> Response:
        """`everything`: with the annotations that an error has where all annotations are asked for."""
        error = {"code": self.code, "message": self.message}
        if everything:
            error |= {
                "@Microsoft.PowerApps.CDS.HelpLink": f"https://go.microsoft.com/fwlink/?LinkID=0&error={self.code}",
                "@Microsoft.PowerApps.CDS.InnerError.Message": self.message,
            }
        return Response.of_json(self.status, {"error": error}, self.headers)


def throttled(seconds: int) -> Problem:
    text = "Number of requests exceeded the limit of 6000 over time window of 300 seconds."
    return Problem(429, "0x80072322", text, {"Retry-After": str(seconds)})
