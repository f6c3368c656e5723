// One file per page or part of it, so that each is read with that in mind.
import fields from "./sv/fields.js";
import health from "./sv/health.js";
import log from "./sv/log.js";
import reasons from "./sv/reasons.js";
import settings from "./sv/settings.js";
import shared from "./sv/shared.js";
import switching from "./sv/switching.js";
import widget from "./sv/widget.js";

export default { ...shared, ...settings, ...fields, ...health, ...log, ...switching, ...widget, ...reasons };
