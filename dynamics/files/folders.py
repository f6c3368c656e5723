"""Components that have a folder of their own: messages, environment variables, commands.

https://learn.microsoft.com/power-apps/developer/data-platform/create-custom-api-solution
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from dynamics.description.commands import (
    BUTTON,
    JAVASCRIPT,
    OF_TABLE,
    ON_FORM,
    PRIMARY_CONTROL,
    SCRIPT,
    Command,
)
from dynamics.description.messages import NEEDED, Message, Parameter
from dynamics.description.variables import Variable
from dynamics.description.whole import Whole
from dynamics.files.xml import VERSION, defaulted, element, several

_GLOBAL, _ASYNC_ONLY = "0", "1"
_STRING = "100000000"


def folders(whole: Whole) -> Iterator[tuple[str, Element]]:
    """Entry -> its root."""
    for message in whole.messages:
        home = f"customapis/{message.name}"
        yield f"{home}/customapi.xml", _message(message)
        for parameter in message.parameters:
            entry = f"{home}/customapirequestparameters/{parameter.name}/customapirequestparameter.xml"
            yield entry, _parameter(message, parameter)
    for variable in whole.variables:
        yield (
            f"environmentvariabledefinitions/{variable.name}/environmentvariabledefinition.xml",
            _variable(variable),
        )
    for command in whole.commands:
        yield f"appactions/{command.name}/appaction.xml", _command(command)


def _message(message: Message) -> Element:
    return element(
        "customapi",
        element("allowedcustomprocessingsteptype", _ASYNC_ONLY),
        element("bindingtype", _GLOBAL),
        defaulted("description", message.about),
        defaulted("displayname", message.label),
        *several(
            {
                "executeprivilegename": NEEDED,
                "iscustomizable": "0",
                "isfunction": "0",
                "isprivate": "0",
                "name": message.name,
                "workflowsdkstepenabled": "0",
            }
        ),
        uniquename=message.name,
    )


def _parameter(message: Message, parameter: Parameter) -> Element:
    return element(
        "customapirequestparameter",
        defaulted("description", parameter.label),
        defaulted("displayname", parameter.label),
        *several(
            {
                "iscustomizable": "0",
                "isoptional": str(int(parameter.optional)),
                "name": f"{message.name}.{parameter.name}",
                "type": str(int(parameter.kind)),
            }
        ),
        uniquename=parameter.name,
    )


def _variable(variable: Variable) -> Element:
    return element(
        "environmentvariabledefinition",
        defaulted("description", variable.about),
        defaulted("displayname", variable.label),
        *several({"introducedversion": VERSION, "iscustomizable": "1", "isrequired": "0", "type": _STRING}),
        schemaname=variable.name,
    )


def _command(command: Command) -> Element:
    """Without an app's name: it appears in every app."""
    return element(
        "appaction",
        defaulted("buttonaccessibilitytext", command.label),
        defaulted("buttonlabeltext", command.label),
        *several({"buttonsequencepriority": str(command.sequence)}),
        defaulted("buttontooltipdescription", command.tip),
        defaulted("buttontooltiptitle", command.label),
        element("context", str(OF_TABLE)),
        element("contextentity", element("logicalname", command.entity)),
        element("contextvalue", command.entity),
        *several(
            {
                "fonticon": "$clientsvg:Share",
                "hidden": "0",
                "isdisabled": "0",
                "location": str(ON_FORM),
                "name": command.name,
                "onclickeventjavascriptfunctionname": command.function,
                "onclickeventjavascriptparameters": PRIMARY_CONTROL,
            }
        ),
        element("onclickeventjavascriptwebresourceid", element("name", SCRIPT)),
        *several({"onclickeventtype": str(JAVASCRIPT), "type": str(BUTTON), "visibilitytype": "0", "statecode": "0"}),
        uniquename=command.name,
    )
