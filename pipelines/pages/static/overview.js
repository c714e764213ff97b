/* Filters of the overview, and the verdicts of an earlier day; both are kept in the address. */
(function () {
  "use strict";
  var M = window.mieruka, form = document.getElementById("filters"), total = document.querySelectorAll(".kpi").length;
  var today = form.day.max, first = {}, banner = document.getElementById("as-of"), shownDay = today;
  document.querySelectorAll("[data-measure], .kpi .verdict").forEach(function (e, i) { e.dataset.now = i; first[i] = e.innerHTML; });
  document.querySelectorAll(".kpi").forEach(function (e) { e.dataset.statusNow = e.dataset.status; });

  function at(states, day) { var found = null; (states || []).forEach(function (s) { if (s[0] <= day) found = s; }); return found; }
  function restore() {
    document.querySelectorAll("[data-now]").forEach(function (e) { e.innerHTML = first[e.dataset.now]; });
    document.querySelectorAll(".kpi").forEach(function (e) { e.dataset.status = e.dataset.statusNow; });
  }
  function replay(day) {
    var history = window.mierukaHistory;
    document.querySelectorAll("[data-measure]").forEach(function (e) { var s = at(history.measures[e.dataset.measure], day); e.innerHTML = s ? history.shown[s[1]] : ""; });
    document.querySelectorAll(".kpi").forEach(function (e) {
      var s = at(history.kpis[e.dataset.kpi], day), badge = e.querySelector(".verdict");
      e.dataset.status = s ? s[1] : "";
      if (badge) badge.innerHTML = s ? history.shown[s[2]] : "";
    });
  }
  function filter() {
    var words = form.words.value.normalize("NFKC").toLowerCase().trim(), count = 0;
    document.querySelectorAll(".kpi").forEach(function (e) {
      var show = (!form.initiative.value || e.dataset.initiatives.split(" ").indexOf(form.initiative.value) >= 0) &&
        (!form.ministry.value || e.dataset.ministry.indexOf(form.ministry.value) >= 0) &&
        (!form.status.value || e.dataset.status === form.status.value) &&
        (!words || e.textContent.normalize("NFKC").toLowerCase().indexOf(words) >= 0);
      e.hidden = !show;
      if (show) count++;
    });
    document.querySelectorAll("section.group").forEach(function (g) { g.hidden = !g.querySelector(".kpi:not([hidden])") && !!g.querySelector(".kpi"); });
    var said = document.getElementById("shown");
    said.textContent = M.words(said).replace("{count}", count).replace("{total}", total);
    banner.hidden = form.day.value === today;
    banner.textContent = M.words(banner).replace("{day}", form.day.value);
    var state = new URLSearchParams();
    ["initiative", "ministry", "status", "words"].forEach(function (n) { if (form[n].value) state.set(n, form[n].value); });
    if (form.day.value !== today) state.set("day", form.day.value);
    history.replaceState(null, "", state.toString() ? "#" + state : location.pathname + location.search);
  }
  function apply() {
    var day = form.day.value;
    if (!day || day > today) day = form.day.value = today;
    if (day < form.day.min) {
      // A year that is being typed reads 0002, 0020, 0201; a whole one before everything becomes the first day.
      if (day < "1000") return;
      day = form.day.value = form.day.min;
    }
    if (day === shownDay) return filter();
    shownDay = day;
    if (day === today) { restore(); return filter(); }
    M.load("data/history.js", function () { replay(day); filter(); });
  }
  function read() {
    if (location.hash.indexOf("=") > 0) new URLSearchParams(location.hash.slice(1)).forEach(function (value, name) { if (form[name]) form[name].value = value; });
    ["initiative", "ministry", "status"].forEach(function (name) { if (form[name].selectedIndex < 0) form[name].value = ""; });
    apply();
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(apply); });
  document.addEventListener("mieruka:language", filter);
  addEventListener("hashchange", function () { form.reset(); read(); });
  read();
})();
