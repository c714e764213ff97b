/* Before the first paint: the reader's language and theme, so that nothing flickers. */
(function () {
  var root = document.documentElement, get = function (name) { try { return localStorage.getItem(name); } catch (e) { return null; } };
  var asked = new URLSearchParams(location.search).get("lang");
  root.lang = asked === "en" || asked === "ja" ? asked : get("mieruka-lang") === "en" ? "en" : "ja";
  var theme = get("mieruka-theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  root.classList.add("scripted");
})();
