// The form's own script in Dynamics: it tells the widget which record the form shows, whenever that may have changed.
// Register OneflowForm.onLoad for the form's OnLoad event and let it pass the execution context.
// https://learn.microsoft.com/power-apps/developer/model-driven-apps/clientapi/reference/controls/getcontentwindow
"use strict";

window.OneflowForm = (() => {
  const PAGE = "widget.html";

  function onLoad(executionContext) {
    const form = executionContext.getFormContext();
    const tell = () => widgets(form).forEach((control) => hand(control, form));
    form.data.entity.addOnPostSave?.(tell); // a new record has its id then
    form.ui.tabs.forEach((tab) => tab.addTabStateChange(tell)); // a tab that opens makes its frames anew
    tell();
  }

  function widgets(form) {
    const found = [];
    form.ui.controls.forEach((control) => {
      if (control.getControlType() === "webresource" && control.getSrc().includes(PAGE)) found.push(control);
    });
    return found;
  }

  function hand(control, form) {
    control.getContentWindow().then((page) => page?.setClientApiContext?.(window.Xrm, form));
  }

  return { onLoad };
})();
