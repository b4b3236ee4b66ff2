// What pages do beyond links and forms: they copy, and show what arrives. Without this
// script all of them still work.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent).then(() => {
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
});

// The stream stays open when the session token has long expired, and carries the list
// itself; when it ends, a fresh page has a fresh token.
const list = document.querySelector("[data-events]");
if (list) {
  const opened = Date.now();
  const stream = new EventSource(list.dataset.events);
  stream.addEventListener("message", (event) => {
    if (list.contains(document.activeElement) || list.querySelector("details[open]")) return;
    list.innerHTML = JSON.parse(event.data);
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED && Date.now() - opened > 10000) location.reload();
  });
}

// The real Clerk signs out with its own script.
const script = document.getElementById("clerk");
if (script) {
  const failed = () => { document.getElementById("status").textContent = "Clerk could not be reached, so you are still signed in. Please try again."; };
  const signOut = () => Clerk.load().then(() => Clerk.signOut({ redirectUrl: "/" })).catch(failed);
  script.addEventListener("error", failed);
  if (window.Clerk) signOut(); else script.addEventListener("load", signOut);
}
