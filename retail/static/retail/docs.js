// Dark where the admin is, or where the machine is: Swagger UI has colours for both.
"use strict";

{
  const chosen = JSON.parse(localStorage.getItem("adminTheme") ?? '"auto"');
  const machine = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const dark = chosen === "dark" || (chosen === "auto" && machine.matches);
    document.documentElement.classList.toggle("dark-mode", dark);
  };
  machine.addEventListener("change", paint);
  paint(); // before anything is drawn, so that a dark page is never white first
}
