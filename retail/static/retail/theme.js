// What unfold's templates say in attributes, for the build of Alpine that evaluates no strings and
// knows no globals: their functions get names, and what they ask of `window` stands in their scope.
"use strict";

// Before anything is drawn, so that a dark page is never white first. Alpine takes over from here.
{
  const chosen = JSON.parse(localStorage.getItem("adminTheme") ?? '"auto"');
  const dark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
}

document.addEventListener("DOMContentLoaded", () => {
  if (window.Chart) Chart.defaults.color = getComputedStyle(document.body).getPropertyValue("--body-quiet-color");
});

document.addEventListener("alpine:init", () => {
  Alpine.data("theme", theme);
  Alpine.data("searchForm", searchForm);
  Alpine.data("searchDropdown", searchDropdown);
  Alpine.data("searchCommand", () => ({
    ...searchCommand(),
    pressEnter(event) {
      if (!event.metaKey && !event.ctrlKey) this.selectItem(false, false);
    },
  }));
  Alpine.data("page", () => ({
    activeTab: getCurrentTab() || document.body.dataset.tab,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: (localStorage.getItem("sidebarDesktopOpen") ?? "1") === "1",
    window: { location: { pathname: location.pathname, search: location.search } },
    init() {
      addEventListener("keydown", (event) => {
        if (event.key === "Escape") this.sidebarMobileOpen = false;
      });
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
    toggleSidebar() {
      if (matchMedia("(min-width: 1280px)").matches) this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
      else this.sidebarMobileOpen = !this.sidebarMobileOpen;
    },
  }));
});

// Escape puts away what is open: a filter's menu, the side bar of a small screen.
addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".filter[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".filter[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// Fields that Django draws in several parts have one label: each part is told what it says.
// Django's own scripts draw them when jQuery is ready, which may be after the page has loaded.
addEventListener("load", () => window.django?.jQuery(nameParts));

function nameParts() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = select.labels[0]?.textContent.trim().replace(/[*:]+$/, "");
    const parts = select.nextElementSibling.querySelectorAll("[role=combobox], [role=textbox]");
    for (const part of label ? parts : []) part.setAttribute("aria-label", label);
  }
  for (const field of document.querySelectorAll(".vDateField, .vTimeField")) {
    if (field.labels.length) continue;
    const label = field.closest(".field-line, .form-row, .fieldset")?.querySelector("label")?.textContent.trim() ?? "";
    field.setAttribute("aria-label", `${label} ${document.body.dataset[field.matches(".vDateField") ? "date" : "time"]}`);
  }
}
