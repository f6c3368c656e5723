"""The zip: every file, and the list of their kinds that a reader of such packages looks for first."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from dynamics.description.whole import Whole
from dynamics.files.customizations import customizations, file_of
from dynamics.files.folders import folders
from dynamics.files.manifest import manifest
from dynamics.files.xml import written

_WHEN = (1980, 1, 1, 0, 0, 0)  # a zip's beginning of time: no build differs by its clock
_KINDS = "http://schemas.openxmlformats.org/package/2006/content-types"
_BOM = b"\xef\xbb\xbf"


def entries(whole: Whole, version: str, managed: bool) -> dict[str, bytes]:
    """Every file of the solution, by its name in the zip."""
    found = {
        "solution.xml": written(manifest(whole, version, managed)),
        "customizations.xml": written(customizations(whole)),
        **{file_of(page): page.content for page in whole.pages},
        **{name: written(root, declared=True) for name, root in folders(whole)},
    }
    return {"[Content_Types].xml": _content_types(found), **found}


def packed(files: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same files, whenever and wherever."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            package.writestr(entry, content)
    return buffer.getvalue()


def _content_types(files: Mapping[str, bytes]) -> bytes:
    kinds = {name.rpartition(".")[2] for name in files if "." in name.rpartition("/")[2]}
    bare = [name for name in files if "." not in name.rpartition("/")[2]]
    defaults = [f'<Default Extension="{kind}" ContentType="application/octet-stream" />' for kind in sorted(kinds)]
    overrides = [
        f'<Override PartName={quoteattr(f"/{name}")} ContentType="application/octet-stream" />' for name in bare
    ]
    inside = "".join((*defaults, *overrides))
    return _BOM + f'<?xml version="1.0" encoding="utf-8"?><Types xmlns="{_KINDS}">{inside}</Types>'.encode()
