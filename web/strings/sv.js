// One file per page, so that each is read with its page in mind.
import reasons from "./sv/reasons.js";
import settings from "./sv/settings.js";
import shared from "./sv/shared.js";
import widget from "./sv/widget.js";

export default { ...shared, ...settings, ...widget, ...reasons };
