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
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
    toggleSidebar() {
      if (matchMedia("(min-width: 1280px)").matches) this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
      else this.sidebarMobileOpen = !this.sidebarMobileOpen;
    },
  }));
});
