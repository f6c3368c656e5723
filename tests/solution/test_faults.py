"""Each way to break the solution's sources that is known is found, by the check that is for it."""

from __future__ import annotations

import re

import pytest

from dynamics.build import solution
from dynamics.checks.whole import CHECKS, faults
from dynamics.description.app import APP
from dynamics.description.ids import id_of
from tests.solution.edited import Edit, add, drop, edited, swap

_BUTTON = (
    "<CustomAction Id='a' Location='Mscrm.Form.ofs_contract.MainTab.Save.Controls._children' Sequence='5'>"
    "<CommandUIDefinition><Button Id='b' Command='c' Sequence='5'/></CommandUIDefinition></CustomAction>"
)
_COMMAND = (
    "<CommandDefinition Id='c'><EnableRules/><DisplayRules/><Actions><JavaScriptFunction "
    "FunctionName='{0}' Library='$webresource:ofs_/commands.js'><CrmParameter Value='{1}'/>"
    "</JavaScriptFunction></Actions></CommandDefinition>"
)


def _ribbon(function: str, parameter: str) -> tuple[Edit, Edit]:
    command = f"<CommandDefinitions>{_COMMAND.format(function, parameter)}</CommandDefinitions>"
    return (
        swap("<CustomActions />", f"<CustomActions>{_BUTTON}</CustomActions>"),
        swap("<CommandDefinitions />", command.replace("\\", "")),
    )


def _handler(unique: str = "{51111111-1111-4111-8111-111111111111}", library: str = "ofs_/form.js") -> Edit:
    events = (
        "</tabs><events><event name='onload' application='false' active='false'><Handlers><Handler "
        f"functionName='OneflowForm.onLoad' libraryName='{library}' handlerUniqueId='{unique}' enabled='true' "
        "parameters='' passExecutionContext='true'/></Handlers></event></events></form><IsCustomizable>"
    )
    return swap(r"</tabs>\s*</form>\s*<IsCustomizable>", events)


_PUSH = "appactions/ofs_quote_push/appaction.xml"
_PARAMETER = "customapirequestparameters/X/customapirequestparameter.xml"


def _again(pattern: str) -> Edit:
    """What matches first stands there twice."""
    return swap(f"({pattern})", r"\1\1")


def _page(file: str, old: str, new: str) -> Edit:
    def change(found: dict[str, bytes]) -> None:
        name = next(name for name in found if name.startswith(f"WebResources/{file}"))
        assert old.encode() in found[name], f"{name} has no {old}"
        found[name] = found[name].replace(old.encode(), new.encode(), 1)

    return change


# What is done -> the check that finds it, and how it is done.
FAULTS: dict[str, tuple[str, tuple[Edit, ...]]] = {
    # What Microsoft's schema finds too.
    "an unknown level of a role": ("privileges", (swap('level="Global"', 'level="Everywhere"'),)),
    "an id that is no GUID": ("ids", (swap("<savedqueryid>[^<]+", "<savedqueryid>{of-a-view}"),)),
    "sections in the wrong order": (
        "sections",
        (swap("(<Workflows />)(\\s*)(<FieldSecurityProfiles />)", r"\3\2\1"),),
    ),
    "a view without the wrapper": ("forms", (swap("<savedqueries>(.*)</savedqueries>", r"\1"),)),
    "a column of type memo": ("columns", (swap("<Type>ntext</Type>", "<Type>memo</Type>"),)),
    "a wrong cascade": ("relationships", (swap("<CascadeDelete>RemoveLink", "<CascadeDelete>Forget"),)),
    "an unknown element": ("elements", (swap("<ImeMode>auto</ImeMode>", "<ImeModus>auto</ImeModus>"),)),
    "a form without tabs": ("forms", (swap(r"<form>\s*<tabs>.*?</tabs>", "<form>"),)),
    "a form without its id": ("forms", (swap("<formid>[^<]+</formid>", ""),)),
    "a button that passes what there is not": ("ribbons", _ribbon("OneflowCommands.open", "TheControl")),
    "an unknown operator of a query": ("queries", (swap('operator="in"', 'operator="among"'),)),
    "text for the type of a component": (
        "root components",
        (swap('RootComponent type="20"', 'RootComponent type="role"', "solution.xml"),),
    ),
    "text for the value of an option": ("option values", (swap('option value="[0-9]+"', 'option value="draft"'),)),
    "a label without its language": (
        "languages",
        (swap('<displayname description="Name" languagecode="1033" />', '<displayname description="Name" />'),),
    ),
    "a chart without a measure": ("queries", (swap('<measure alias="count" />', ""),)),
    # What it misses.
    "a page that is not there": (
        "pages",
        (swap("webresource:ofs_/settings.html", "webresource:ofs_/setting.html"),),
    ),
    "another publisher's prefix": (
        "prefixes",
        (
            swap("ofs_LastChangeBy", "new_LastChangeBy", count=2),
            swap("<LogicalName>ofs_lastchangeby", "<LogicalName>new_lastchangeby"),
        ),
    ),
    "one id for two": (
        "ids",
        (swap(f"{{{id_of('role', 'Oneflow seller')}}}", f"{{{id_of('role', 'Oneflow administrator')}}}"),),
    ),
    "a privilege that does not exist": ("privileges", (swap("prvReadofs_Contract", "prvSeeofs_Contract"),)),
    "a type of page that there is not": (
        "web resources",
        (swap("<WebResourceType>2</WebResourceType>", "<WebResourceType>99</WebResourceType>"),),
    ),
    "a stage that there is not": ("steps", (swap("<Stage>40</Stage>", "<Stage>99</Stage>"),)),
    "a handler whose id is no GUID": ("ids", (_handler(unique="the-first"),)),
    "a setting of the app that there is not": (
        "apps",
        (swap("AllowNotificationsEarlyAccess", "AllowNotifications"),),
    ),
    "a file column that is written like others": (
        "columns",
        (swap("(<Type>file</Type>.*?)<ValidForUpdateApi>0", r"\1<ValidForUpdateApi>1"),),
    ),
    # And more that only reading it all together finds.
    "a setting with a value that there is not": ("apps", (swap("<value>true</value>", "<value>on</value>"),)),
    "a column named as the id of its table": (
        "columns",
        (swap(">ofs_contractnumber<", ">ofs_contractid<", count=4),),
    ),
    "a page whose file is missing": ("web resources", (drop("^WebResources/ofs_widgethtml"),)),
    "a file that is no page's": ("web resources", (add("WebResources/ofs_stray"),)),
    "a file without a kind": ("content types", (add("WebResources/ofs_stray"),)),
    "a kind without its file": ("content types", (drop("^WebResources/ofs_widgethtml"),)),
    "a folder as an entry": ("entries", (add("Formulas/"),)),
    "a file named with a backslash": ("entries", (add("customapis\\a.xml", b"<a/>"),)),
    "a file that is no XML": ("entries", (add("customapis/a/broken.xml", b"<a>"),)),
    "a file's name with another id": (
        "web resources",
        (swap("<WebResourceId>[^<]+", "<WebResourceId>{00000000-0000-4000-8000-000000000001}"),),
    ),
    "a page too large": ("web resources", (lambda found: _grow(found),)),
    "a component that is no root": (
        "root components",
        (swap(r'<RootComponent type="61"[^>]+widget.html[^>]+>', "", "solution.xml"),),
    ),
    "a root that is not there": (
        "root components",
        (swap("ofs_/widget.html", "ofs_/widgets.html", "solution.xml"),),
    ),
    "the whole of the customer's opportunity": (
        "root components",
        (swap('schemaName="ofs_contract"', 'schemaName="opportunity"', "solution.xml"),),
    ),
    "a command of a function that there is not": (
        "functions",
        (swap("OneflowCommands.push", "OneflowCommands.pushAll", "appactions/ofs_quote_push/appaction.xml"),),
    ),
    "a ribbon's button of a function that there is not": (
        "functions",
        _ribbon("OneflowCommands.close", "PrimaryControl"),
    ),
    "a handler of a script that is not there": ("pages", (_handler(library="ofs_/forms.js"),)),
    "a command's script that is not there": (
        "pages",
        (swap("ofs_/commands.js", "ofs_/command.js", "appactions/ofs_quote_push/appaction.xml"),),
    ),
    "a view's column that is not there": (
        "columns that are named",
        (swap('cell name="ofs_state"', 'cell name="ofs_status"'),),
    ),
    "a key's column that is not there": (
        "columns that are named",
        (swap("<AttributeName>ofs_contractnumber", "<AttributeName>ofs_contract"),),
    ),
    "a lookup without its relationship": (
        "columns that are named",
        (swap("<ReferencingAttributeName>ofs_QuoteId", "<ReferencingAttributeName>ofs_Quote"),),
    ),
    "an app's part that is not there": (
        "targets",
        (swap(f'type="62" schemaName="{APP}"', 'type="62" schemaName="ofs_two"'),),
    ),
    "a tile of a view that is not there": (
        "targets",
        (swap("<ViewId>[^<]+", "<ViewId>{00000000-0000-4000-8000-000000000001}"),),
    ),
    "a step whose handler is not there": (
        "targets",
        (swap("<EventHandler>[^<]+", "<EventHandler>{00000000-0000-4000-8000-000000000001}"),),
    ),
    "a step that is asynchronous and before": ("steps", (swap("<Stage>40</Stage>", "<Stage>20</Stage>"),)),
    "an endpoint that carries its key": ("steps", (swap("<MessageFormat>2", "<SASKey>x</SASKey><MessageFormat>2"),)),
    "an option outside the publisher's range": (
        "option values",
        (swap('option value="723100001"', 'option value="100000001"'),),
    ),
    "a label in one language only": (
        "languages",
        (swap('<LocalizedName description="Behöver ett beslut" languagecode="1053" />', ""),),
    ),
    "a label that is empty": ("languages", (swap('description="Behöver ett beslut"', 'description=" "'),)),
    "a site map's title in one language only": ("languages", (swap('<Title LCID="1053"[^>]+/>', ""),)),
    "a Custom API that anyone may call": (
        "privileges",
        (swap("prvReadofs_Contract", "", "customapis/ofs_PushUpdates/customapi.xml"),),
    ),
    "a Custom API whose caller waits": (
        "messages",
        (swap("steptype>1<", "steptype>2<", "customapis/ofs_PushUpdates/customapi.xml"),),
    ),
    "a value that writes over the customer's": (
        "variables",
        (add("environmentvariabledefinitions/ofs_AppUrl/environmentvariablevalues.json", b"{}"),),
    ),
    "a version of three numbers": ("version", (swap("<Version>[^<]+", "<Version>1.2.3", "solution.xml"),)),
    "a label that is too long": (
        "lengths",
        (
            swap(
                'description="Oneflow contracts"',
                f'description="{"x" * 257}"',
                "appactions/ofs_quote_contracts/appaction.xml",
            ),
        ),
    ),
    # What is said twice, or in two places, and not alike.
    "a column twice": ("tables", (_again('<attribute PhysicalName="ofs_Currency">.*?</attribute>'),)),
    "a key twice": ("tables", (_again("<EntityKey>.*?</EntityKey>"),)),
    "a set named as its table": ("tables", (swap("<EntitySetName>[^<]+", "<EntitySetName>ofs_contract"),)),
    "an owner that there is not": ("tables", (swap("<OwnershipTypeMask>UserOwned", "<OwnershipTypeMask>Somebody"),)),
    "a text that is too long for its type": ("tables", (swap("<MaxLength>1000", "<MaxLength>5000"),)),
    "a view's column that is not asked for": ("views", (swap('<attribute name="ofs_state" />', ""),)),
    "a view that asks another table": ("views", (swap('<entity name="ofs_contract"', '<entity name="ofs_contracts"'),)),
    "two default views": ("views", (swap("<isdefault>0", "<isdefault>1"),)),
    "a view of a type that there is not": ("views", (swap("<querytype>64", "<querytype>99"),)),
    "a command at a place that there is not": ("commands", (swap("<location>0", "<location>9", _PUSH),)),
    "a command of every table that names one": ("commands", (swap("<context>1", "<context>0", _PUSH),)),
    "a command of two tables": ("commands", (swap("<contextvalue>quote", "<contextvalue>account", _PUSH),)),
    "a command without its words": ("commands", (swap("<buttonlabeltext.*?</buttonlabeltext>", "", _PUSH),)),
    "a command that passes no parameters": ("commands", (swap(r'\[{"type":5}\]', '[{"type":5}', _PUSH),)),
    "a command that calls nothing": ("commands", (swap("<onclickeventtype>2", "<onclickeventtype>0", _PUSH),)),
    "a message in another's folder": (
        "messages' folders",
        (swap('uniquename="ofs_PushUpdates"', 'uniquename="ofs_Push"', "customapis/ofs_PushUpdates/customapi.xml"),),
    ),
    "a parameter of no message": (
        "messages' folders",
        (add(f"customapis/ofs_Other/{_PARAMETER}", b'<customapirequestparameter uniquename="X"/>'),),
    ),
    "a page whose script is not there": (
        "links between pages",
        (_page("ofs_settingshtml", 'src="settings/app.js"', 'src="settings/apps.js"'),),
    ),
    "a script that imports what is not there": (
        "links between pages",
        (_page("ofs_settingsappjs", '"./connection.js"', '"./connections.js"'),),
    ),
    "a page that leads out of Dynamics by a path of the app": (
        "links between pages",
        (_page("ofs_settingshtml", "</body>", '<a href="../health">Health</a></body>'),),
    ),
    "a part that came in a version yet to come": (
        "versions of parts",
        (swap("<IntroducedVersion>[^<]+", "<IntroducedVersion>9.0.0.0"),),
    ),
    "a solution whose name has a blank": (
        "version",
        (swap("<UniqueName>OneflowFieldSync", "<UniqueName>Oneflow sync", "solution.xml"),),
    ),
    "a lookup that is written by another name": (
        "relationships",
        (swap("<NavigationPropertyName>ofs_QuoteId", "<NavigationPropertyName>ofs_quoteid"),),
    ),
    "a step that whoever saves waits for": ("steps", (swap("<Mode>1", "<Mode>0"),)),
    "a step whose handler is a plug-in": ("steps", (swap("<EventHandlerTypeCode>4618", "<EventHandlerTypeCode>4602"),)),
    "an endpoint that is no webhook": ("steps", (swap("<Contract>8", "<Contract>7"),)),
    "one line of the navigation twice": ("apps", (swap('SubArea Id="ofs_health"', 'SubArea Id="ofs_settings"'),)),
    "an option without words": (
        "option values",
        (swap('<option value="723100006"[^>]*>.*?</option>', '<option value="723100006" />'),),
    ),
    "a seller who may write what the app shows": (
        "privileges",
        (
            swap(
                f"({id_of('role', 'Oneflow seller')}.*?<RolePrivileges>)",
                r'\1<RolePrivilege name="prvWriteofs_Contract" level="Basic" />',
            ),
        ),
    ),
}


def _grow(found: dict[str, bytes]) -> None:
    name = next(name for name in found if name.startswith("WebResources/ofs_widgethtml"))
    found[name] += b" " * 5 * 1024 * 1024


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_sources_is_found_by_the_check_that_is_for_it(fault: str) -> None:
    check, edits = FAULTS[fault]
    found = faults(edited(*edits))
    assert check in {one.check for one in found}, [str(one) for one in found]


@pytest.mark.parametrize("managed", [False, True], ids=["unmanaged", "managed"])
def test_nothing_is_found_in_what_is_built(managed: bool) -> None:
    assert [str(one) for one in faults(solution(managed))] == []


def test_every_check_has_a_fault_that_only_it_is_for() -> None:
    assert {check for check, _ in FAULTS.values()} == set(CHECKS)


def test_what_is_no_solution_is_told_so() -> None:
    assert next(str(one) for one in faults(b"PK")).startswith("entries: it is no zip")
    assert str(faults(edited(drop("^solution.xml")))[0]) == "entries: solution.xml is missing"
    assert re.search("customizations.xml is no XML", str(faults(edited(swap("^", "<a>")))[0]))
