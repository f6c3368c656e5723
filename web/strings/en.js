// One file per page or part of it, so that each is read with that in mind.
import fields from "./en/fields.js";
import health from "./en/health.js";
import log from "./en/log.js";
import settings from "./en/settings.js";
import shared from "./en/shared.js";
import switching from "./en/switching.js";
import widget from "./en/widget.js";

export default { ...shared, ...settings, ...fields, ...health, ...log, ...switching, ...widget };
