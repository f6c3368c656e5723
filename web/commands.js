// The commands on a record's command bar: they open the widget in a pane beside the form, with the record's context.
// https://learn.microsoft.com/power-apps/developer/model-driven-apps/clientapi/create-app-side-panes
"use strict";

window.OneflowCommands = (() => {
  const PANE = "oneflow";
  const WIDTH = 420;
  const PAGE = "ofs_/widget.html";
  const ICON = "WebResources/ofs_/icons/oneflow.svg";

  /** The record's contracts. */
  function open(form) {
    return show(form, "");
  }

  /** The same, and the preview of a push over all of them. */
  function push(form) {
    return show(form, "push");
  }

  async function show(form, wish) {
    const entity = form.data.entity;
    const data = new URLSearchParams({
      typename: entity.getEntityName(),
      id: (entity.getId() || "").replace(/[{}]/g, "").toLowerCase(),
      name: entity.getPrimaryAttributeValue() || "",
      pane: PANE,
      userlcid: String(Xrm.Utility.getGlobalContext().userSettings.languageId),
    });
    if (wish) data.set("wish", wish);
    const panes = Xrm.App.sidePanes;
    const made = { paneId: PANE, title: "Oneflow", imageSrc: ICON, width: WIDTH, canClose: true, hideHeader: false };
    const pane = panes.getPane(PANE) || (await panes.createPane(made));
    await pane.navigate({ pageType: "webresource", webresourceName: PAGE, data: data.toString() });
    pane.select();
  }

  return { open, push };
})();
