// What the pages can do beyond plain HTML: Telegram's colours and login, changes without a reload,
// the keyboard in the queue, and a warning before typed words are lost.
"use strict";

const launch = new URLSearchParams(location.hash.slice(1));
wearTheme();
document.addEventListener("DOMContentLoaded", () => {
  logIn();
  listen();
  guard();
  document.addEventListener("keydown", press);
  document.querySelectorAll(".filters select").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));
});

// A Mini App is told Telegram's colours once, in its first address; its other pages remember them.
function wearTheme() {
  if (launch.get("tgWebAppThemeParams")) sessionStorage.setItem("tema", launch.get("tgWebAppThemeParams"));
  let theme;
  try { theme = JSON.parse(sessionStorage.getItem("tema") || "null"); } catch { return; }
  if (!theme || !light(theme.bg_color || "")) return;
  const root = document.documentElement;
  root.dataset.theme = light(theme.bg_color) > 0.5 ? "light" : "dark";
  const names = { "--card": "bg_color", "--page": "secondary_bg_color", "--text": "text_color" };
  for (const [name, key] of Object.entries(names)) if (light(theme[key] || "") !== null) root.style.setProperty(name, theme[key]);
}

// How light "#rrggbb" is, 0 to 1 (never quite 0); null for anything else.
function light(colour) {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return null;
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return 0.001 + 0.299 * r + 0.587 * g + 0.114 * b;
}

function logIn() {
  const form = document.getElementById("mini");
  if (!form || !launch.get("tgWebAppData")) return;
  tellTelegram("web_app_ready");
  tellTelegram("web_app_expand");
  form.elements.init_data.value = launch.get("tgWebAppData");
  form.submit();
}

function tellTelegram(event) {
  if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(event, "{}");
  else if (window.external && "notify" in window.external) window.external.notify(JSON.stringify({ eventType: event, eventData: {} }));
}

// A browser holds few connections open to one host: a page that nobody sees lets go of its own.
function listen() {
  if (!document.body.dataset.arus || !document.querySelector("[data-langsung]")) return;
  let events = null;
  const open = () => {
    if (document.hidden || events) return;
    events = new EventSource(document.body.dataset.arus);
    // What happened while nobody listened is caught up on.
    events.addEventListener("terhubung", () => refresh([]));
    events.addEventListener("berubah", (event) => refresh(event.data.split(" ")));
    events.addEventListener("keluar", () => location.assign(document.body.dataset.masuk));
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) open();
    else if (events) { events.close(); events = null; }
  });
  open();
}

async function refresh(tokens) {
  const note = document.getElementById("berubah");
  if (note && tokens.length && !tokens.includes(note.dataset.token)) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  let changed = false;
  for (const part of document.querySelectorAll("[data-langsung]")) {
    const now = fresh.getElementById(part.id);
    if (!now || now.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceChildren(...now.childNodes);
    if (focused) [...part.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    changed = true;
  }
  if (note && changed) note.hidden = false;
  for (const row of document.querySelectorAll(".rows li")) {
    if (!tokens.includes(row.dataset.token)) continue;
    row.classList.add("fresh");
    setTimeout(() => row.classList.remove("fresh"), 1500);
  }
}

function press(event) {
  const typing = event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey;
  if (typing) return;
  const links = [...document.querySelectorAll(".rows h2 a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "j" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
  else if (event.key === "k" && links.length) links[Math.max(at - 1, 0)].focus();
  else if (event.key === "/" && document.getElementById("cari")) document.getElementById("cari").focus();
  else return;
  event.preventDefault();
}

function guard() {
  let typed = false;
  for (const form of document.querySelectorAll("[data-jaga]")) {
    form.addEventListener("input", () => { typed = true; });
    form.addEventListener("submit", () => { typed = false; });
  }
  addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
}
