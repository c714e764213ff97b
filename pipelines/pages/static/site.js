/* What every page can do: language, theme, search, saving tables, citing a figure. No request leaves the folder. */
(function () {
  "use strict";
  var root = document.documentElement, base = root.dataset.root || "";
  var M = window.mieruka = { lang: function () { return root.lang; } };
  function keep(name, value) { try { localStorage.setItem(name, value); } catch (e) { /* private window */ } }

  /* Language: texts in elements follow CSS; attributes and options cannot. */
  M.words = function (element) { return element.dataset[root.lang] || element.dataset.ja || ""; };
  /* The name of an item of data/items.js with its unit, if it has one. */
  M.title = function (item) {
    var english = root.lang === "en" ? 1 : 0, unit = window.mierukaItems.units[item.unit][english];
    return (english ? item.en : item.ja) + (unit ? " (" + unit + ")" : "");
  };
  function relabel() {
    document.querySelectorAll("option[data-ja]").forEach(function (o) { o.textContent = M.words(o); });
    document.querySelectorAll("input[data-ja]").forEach(function (i) { i.placeholder = M.words(i); });
    document.dispatchEvent(new CustomEvent("mieruka:language"));
  }
  function setLanguage(lang) { root.lang = lang; keep("mieruka-lang", lang); relabel(); }
  function nextTheme() {
    var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    keep("mieruka-theme", root.dataset.theme);
  }

  /* Data files are classic scripts that call back, because pages from a folder may not fetch. */
  var waiting = {};
  M.load = function (path, done) {
    if (waiting[path]) { if (waiting[path] === true) done(); else waiting[path].push(done); return; }
    waiting[path] = [done];
    var script = document.createElement("script");
    script.src = base + path;
    script.onload = function () { var all = waiting[path]; waiting[path] = true; all.forEach(function (f) { f(); }); };
    script.onerror = function () { var all = waiting[path]; delete waiting[path]; all.forEach(function (f) { f(new Error(path)); }); };
    document.head.appendChild(script);
  };
  M.areas = null;
  M.withAreas = function (done) {
    M.load("data/areas.js", function () {
      var held = window.mierukaAreas;
      if (!M.areas) M.areas = held.names.map(function (name, i) {
        var code = held.codes.substr(i * 6, 6);
        return { code: code, name: name, kana: "", pref: held.prefectures[code.slice(0, 2)] || "", type: held.types[held.kinds[i]] };
      });
      done(M.areas);
    });
  };

  M.withKana = function (done) {
    M.withAreas(function (areas) { M.load("data/kana.js", function () { areas.forEach(function (a, i) { a.kana = window.mierukaKana[i]; }); done(areas); }); });
  };

  /* Search by name, kana (either script) or code. */
  function fold(text) {
    return text.normalize("NFKC").toLowerCase().replace(/[\u30a1-\u30f6]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) - 0x60); }).replace(/\s/g, "");
  }
  M.find = function (areas, text, most) {
    var key = fold(text);
    if (!key) return [];
    var ranked = [];
    areas.forEach(function (a) {
      var name = fold(a.name), kana = fold(a.kana), full = fold(a.pref) + name;
      var rank = name === key || kana === key || a.code === key ? 0 : name.indexOf(key) === 0 || kana.indexOf(key) === 0 ? 1 : a.code.indexOf(key) === 0 ? 2 : name.indexOf(key) > 0 || full.indexOf(key) >= 0 ? 3 : 9;
      if (rank < 9) ranked.push([rank, a]);
    });
    // Of equals the shortest name: 長野市 before 長野原町.
    ranked.sort(function (p, q) { return p[0] - q[0] || (p[0] === 1 ? p[1].name.length - q[1].name.length : 0) || (p[1].code < q[1].code ? -1 : 1); });
    return ranked.slice(0, most || 12).map(function (r) { return r[1]; });
  };
  /* The items of `data/items.js` by their ids, with all years: there are the first and the last of each run. */
  M.items = function () {
    function all(spans) {
      var years = [];
      for (var i = 0; i < spans.length; i += 2) for (var year = spans[i]; year <= spans[i + 1]; year++) years.push(year);
      return years;
    }
    var items = {};
    window.mierukaItems.items.forEach(function (i) {
      items[i.id] = Object.assign({}, i, { years: all(i.years), prefectures: all(i.prefectures || i.years), no_municipality: all(i.no_municipality || []) });
    });
    return items;
  };
  M.combobox = function (input, list, choose) {
    var at = -1;
    function close() { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); at = -1; }
    function mark(next) {
      var all = list.children;
      if (!(input._found || []).length) return;
      at = (next + all.length) % all.length;
      for (var i = 0; i < all.length; i++) all[i].setAttribute("aria-selected", String(i === at));
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    }
    function show() {
      M.withKana(function (areas) {
        var found = M.find(areas, input.value);
        list.textContent = "";
        found.forEach(function (a, i) {
          var li = document.createElement("li"), small = document.createElement("small");
          li.id = list.id + "-" + i; li.setAttribute("role", "option"); li.setAttribute("aria-selected", "false");
          li.textContent = a.name; small.textContent = (a.pref === a.name ? "" : a.pref + " ") + a.kana + " " + a.code; li.appendChild(small);
          li.addEventListener("mousedown", function (e) { e.preventDefault(); choose(a); close(); });
          list.appendChild(li);
        });
        if (!found.length && input.value.trim()) {
          var none = document.createElement("li");
          none.setAttribute("role", "option"); none.setAttribute("aria-disabled", "true");
          none.textContent = root.lang === "en" ? "No body of this name, reading or code" : "この名称・よみ・コードの団体はありません";
          list.appendChild(none);
        }
        list.hidden = !list.children.length; input.setAttribute("aria-expanded", String(!list.hidden)); at = -1;
        input._found = found;
      });
    }
    input.addEventListener("focus", function () { M.withKana(function () {}); });
    input.addEventListener("input", show);
    input.addEventListener("blur", function () { setTimeout(close, 150); });
    input.addEventListener("keydown", function (e) {
      if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); if (list.hidden) show(); else mark(at + (e.key === "ArrowDown" ? 1 : -1)); }
      else if (e.key === "Enter") { var f = input._found || []; if (f.length) { e.preventDefault(); choose(f[Math.max(0, at)]); close(); } }
      else if (e.key === "Escape") close();
    });
  };
  var find = document.getElementById("find");
  if (find) M.combobox(find, document.getElementById("found"), function (a) { location.href = base + "area/" + a.code + ".html"; });

  /* A table as CSV for Excel: a BOM, and no cell that a spreadsheet would take for a formula. */
  function cellText(cell) {
    if (cell.dataset.v) return cell.dataset.v;
    var copy = cell.cloneNode(true);
    copy.querySelectorAll(root.lang === "en" ? "span[lang=ja]" : "span[lang=en]").forEach(function (e) { e.remove(); });
    copy.querySelectorAll("button, svg, .hidden-text").forEach(function (e) { e.remove(); });
    return copy.textContent.replace(/\s+/g, " ").trim();
  }
  function quote(text) {
    if (/^[=+\-@\t\r]/.test(text) && !/^-?[\d.,]+$/.test(text)) text = "'" + text;
    return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
  M.csvOf = function (table) {
    var lines = [];
    table.querySelectorAll("tr").forEach(function (row) {
      if (row.dataset.skip !== undefined) return;
      var cells = [];
      var group = row.parentNode.dataset, head = row.parentNode.tagName === "THEAD";
      if (table.classList.contains("figs")) cells.push(head ? "item_id" : group.item || row.dataset.item, head ? "source_id" : group.source);
      for (var i = 0; i < row.cells.length; i++) if (!row.cells[i].classList.contains("act") && !row.cells[i].classList.contains("no-print")) cells.push(cellText(row.cells[i]));
      if (row.id.indexOf("o-") === 0) cells.push(row.id.slice(2));
      else if (head && table.querySelector("tr[id^=o-]")) cells.push("observation_id");
      lines.push(cells.map(quote).join(","));
    });
    return "\ufeff" + lines.join("\r\n") + "\r\n";
  };
  function save(name, text) {
    var a = document.createElement("a");
    a.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    a.download = name; a.click();
    setTimeout(function () { URL.revokeObjectURL(a.href); }, 1000);
  }

  /* Citing and reporting: the id, version and source of one figure as text. */
  var dialog = document.getElementById("cite"), current = "";
  M.cite = function (row) {
    var value = row.querySelector("[data-v]"), page = location.href.split("#")[0] + "#" + row.id;
    var area = (document.querySelector("[data-area]") || { dataset: {} }).dataset.area || "";
    var body = row.closest("[data-what]") || row, source = row.dataset.source || (row.closest("[data-source]") || { dataset: {} }).dataset.source || "";
    var figs = row.closest(".figs"), other = figs && figs.classList.contains("other"), text = function (i) { return cellText(row.cells[i]); };
    var origin = document.querySelector('[data-sid="' + CSS.escape(source) + '"]');
    if (origin) source = origin.textContent.trim();
    var file = figs ? text(other ? 4 : 3) : row.querySelector("code") ? row.querySelector("code").textContent : "";
    var what = other ? text(0) : body.dataset.what, when = other ? text(1) : row.dataset.when || text(0);
    var shown = other ? text(2) + text(3) : figs ? text(1) + (body.dataset.unit || "") : value ? cellText(value) : "";
    var lines = [[area, what, when, shown].filter(Boolean).join(" ")];
    lines.push((root.lang === "en" ? "Source: " : "出典: ") + source + (file ? " [" + file + "]" : ""));
    lines.push((root.lang === "en" ? "Mieruka, version " : "見える化 版 ") + root.dataset.version + (root.lang === "en" ? ", figure id " : "、数値番号 ") + row.id.slice(2));
    lines.push(page);
    current = lines.join("\n");
    document.getElementById("cite-text").value = current;
    document.getElementById("cite-said").textContent = "";
    var contact = root.dataset.contact;
    dialog.querySelector("[data-when=no-contact]").hidden = !!contact;
    var link = document.getElementById("cite-report");
    link.hidden = !contact;
    if (contact) link.href = contact.indexOf("https://") === 0 ? contact : "mailto:" + contact + "?subject=" + encodeURIComponent("見える化: 数値 " + row.id.slice(2)) + "&body=" + encodeURIComponent(current + "\n\n");
    dialog.showModal();
  };
  function copy() {
    var box = document.getElementById("cite-text");
    box.select();
    var said = function () { document.getElementById("cite-said").textContent = root.lang === "en" ? "Copied" : "写しました"; };
    if (navigator.clipboard && isSecureContext) navigator.clipboard.writeText(box.value).then(said, function () { document.execCommand("copy"); said(); });
    else { document.execCommand("copy"); said(); }
  }
  function addButtons(scope) {
    scope.querySelectorAll("tr[id^=o-]").forEach(function (row) {
      var cell = row.querySelector(".act") || row.insertCell();
      if (cell.firstChild) return;
      cell.className = "act no-print";
      var b = document.createElement("button");
      b.type = "button"; b.className = "small"; b.dataset.do = "cite";
      b.innerHTML = '<span lang="ja">引用・報告</span><span lang="en">Cite / report</span>';
      cell.appendChild(b);
    });
  }
  document.querySelectorAll("details").forEach(function (d) { d.addEventListener("toggle", function () { if (d.open) addButtons(d); }); });
  document.querySelectorAll("tbody").forEach(function (b) { if (!b.closest("details:not([open])")) addButtons(b); });
  function reveal() {
    var target = location.hash.length > 2 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var d = target && target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
    if (target && target.closest("details")) target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);

  var acts = {
    language: function () { setLanguage(root.lang === "ja" ? "en" : "ja"); document.querySelector("[data-do=language]." + root.lang).focus(); },
    theme: nextTheme, print: function () { print(); }, copy: copy, close: function () { dialog.close(); },
    cite: function (b) { M.cite(b.closest("tr")); }
  };
  document.addEventListener("click", function (e) {
    var b = e.target.closest("button");
    if (!b) return;
    if (b.dataset.csv) { var table = document.querySelector('table[data-name="' + CSS.escape(b.dataset.csv) + '"]'); save(b.dataset.csv + ".csv", M.csvOf(table)); }
    else if (acts[b.dataset.do]) acts[b.dataset.do](b);
  });
  var closed = [];
  addEventListener("beforeprint", function () { document.querySelectorAll("details:not([open]):not([data-long])").forEach(function (d) { closed.push(d); d.open = true; }); });
  addEventListener("afterprint", function () { closed.forEach(function (d) { d.open = false; }); closed = []; });
  relabel(); reveal();
})();
