// On a tablet the admin's side bar starts closed: the table needs the width. Who opens it keeps it.
"use strict";

{
  const key = "django.admin.navSidebarIsOpen";
  if (localStorage.getItem(key) === null && innerWidth < 1200) localStorage.setItem(key, "false");
}
