// The invitation's code stands behind the #, which no server is told; the form sends it.
"use strict";

(() => {
  const code = decodeURIComponent(location.hash.slice(1));
  if (!code) return;
  document.querySelector("input[name=code]").value = code;
  document.getElementById("typed").hidden = true;
  history.replaceState(null, "", location.pathname);
})();
