// What pages do beyond links and forms: they keep themselves current, copy, and ask
// before what cannot be undone. Without this script all of them still work.
"use strict";

let etag = null;

// Replaces those regions of the page that have changed, but none that somebody is in.
function show(text) {
  const next = new DOMParser().parseFromString(text, "text/html");
  let news = false;
  for (const region of document.querySelectorAll("[data-live]")) {
    const fresh = next.getElementById(region.id);
    if (!fresh || fresh.innerHTML === region.innerHTML || region.contains(document.activeElement)) continue;
    region.replaceWith(fresh);
    fresh.classList.add("changed");
    news = true;
  }
  if (news) document.getElementById("news").textContent = "The page has changed.";
}

async function refresh() {
  if (document.hidden || !document.querySelector("[data-live]")) return;
  const answer = await fetch(location.href, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
  if (answer.status !== 200 || answer.redirected) return;
  etag = answer.headers.get("ETag");
  show(await answer.text());
}

// The answer to a form that was refused has no address to be asked for again.
const refused = document.getElementById("problem");
if (!refused && location.pathname !== "/tokens") {
  const again = () => refresh().catch(() => {}).finally(() => setTimeout(again, 1500));
  setTimeout(again, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent;
  navigator.clipboard.writeText(text).then(() => {
    const label = button.textContent;
    button.textContent = "Copied";
    document.getElementById("news").textContent = "Copied.";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
  for (const field of event.target.querySelectorAll("[data-keep]")) localStorage.setItem(field.dataset.keep, field.value);
});

for (const field of document.querySelectorAll("[data-keep]")) {
  const kept = localStorage.getItem(field.dataset.keep);
  if (kept) field.value = kept;
}
if (refused) refused.scrollIntoView({ block: "center" });
