// One file per page, so that each is read with its page in mind.
import settings from "./en/settings.js";
import shared from "./en/shared.js";
import widget from "./en/widget.js";

export default { ...shared, ...settings, ...widget };
