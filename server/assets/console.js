// Keys for those who live on the keyboard. Every page works without this file.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const first = (selector, within = document) => within.querySelector(selector);
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");

  const move = (by) => {
    const all = rows();
    if (all.length === 0) return;
    const at = all.indexOf(document.activeElement.closest("[data-row]"));
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  };

  const keys = {
    "/": () => first("input[type=search]")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    e: () => first("[data-key=e]")?.click(),
    p: () => window.print(),
    "?": () => {
      const help = document.getElementById("keys");
      help.open = !help.open;
      if (help.open) first("summary", help).focus();
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
    if (isTyping(event.target)) return;
    if (event.key === "Enter" && event.target.matches("[data-row]")) {
      const link = first("[data-open]", event.target) ?? first("a[href]", event.target);
      if (link) {
        event.preventDefault();
        link.click();
      }
      return;
    }
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const print = first("[data-print]");
  if (print) {
    print.closest("[hidden]").hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
