// Entra ID sends its answer to this page; the bridge hands it to the page that asked.
// https://learn.microsoft.com/entra/msal/javascript/browser/redirect-bridge
window.msalRedirectBridge.broadcastResponseToMainFrame().catch(() => {
  document.body.textContent = "You can close this window.";
});
