/* A scatter of all bodies on two indicators. State in the address: #x=&y=&year=&who=&log=&a=code,code */
(function () {
  "use strict";
  var M = window.mieruka, form = document.getElementById("choice"), box = document.getElementById("plot"), tip = document.getElementById("plot-tip");
  var items = M.items(), chosen = [], shown = [], at = -1, tree = null, scales = null;
  var blanks = window.mierukaItems.blanks;
  ["x", "y"].forEach(function (axis) {
    window.mierukaItems.items.forEach(function (i) {
      var o = document.createElement("option");
      o.value = i.id; o.dataset.ja = i.ja; o.dataset.en = i.en; o.textContent = M.words(o);
      form[axis].appendChild(o);
    });
    if (items[form[axis].dataset.first]) form[axis].value = form[axis].dataset.first;
    else form[axis].selectedIndex = Math.min(axis === "x" ? 0 : 1, form[axis].options.length - 1);
  });
  function number(value, item) { return value.toLocaleString("en", { minimumFractionDigits: item.decimals, maximumFractionDigits: item.decimals }); }
  // The years in which the bodies chosen have figures: those of prefectures and of municipalities differ.
  function yearsOf(item) {
    return form.who.value === "prefecture" ? item.prefectures : item.years.filter(function (v) { return item.no_municipality.indexOf(v) < 0; });
  }
  function fill(wanted) {
    var years = yearsOf(items[form.y.value]), both = yearsOf(items[form.x.value]).filter(function (v) { return years.indexOf(v) >= 0; }).reverse();
    form.year.textContent = "";
    both.forEach(function (v) { var o = document.createElement("option"); o.textContent = v; form.year.appendChild(o); });
    if (!both.length) { var o = document.createElement("option"); o.value = "newest"; o.textContent = M.lang() === "en" ? "newest of each" : "それぞれの最新"; form.year.appendChild(o); }
    if (wanted && both.indexOf(+wanted) >= 0) form.year.value = wanted;
  }
  function yearOf(item) { return form.year.value === "newest" ? yearsOf(item).slice(-1)[0] || item.years.slice(-1)[0] : form.year.value; }
  function isWanted(area) {
    var who = form.who.value;
    return who === "municipality" ? area.type !== "prefecture" : area.type === who;
  }
  function keep() {
    var state = new URLSearchParams({ x: form.x.value, y: form.y.value, year: form.year.value });
    if (form.who.value !== "municipality") state.set("who", form.who.value);
    if (form.log.value) state.set("log", form.log.value);
    history.replaceState(null, "", "#" + state + (chosen.length ? "&a=" + chosen.join(",") : ""));
  }
  function draw() {
    var x = items[form.x.value], y = items[form.y.value], kx = x.id + "/" + yearOf(x), ky = y.id + "/" + yearOf(y);
    M.load("data/item/" + kx + ".js", function () { M.load("data/item/" + ky + ".js", function () { M.withAreas(function (areas) {
      var dx = byCode(areas, kx), dy = byCode(areas, ky), wanted = areas.filter(function (a) { return isWanted(a) || chosen.indexOf(a.code) >= 0; });
      shown = wanted.filter(function (a) { return typeof dx.values[a.code] === "number" && typeof dy.values[a.code] === "number"; }).map(function (a) { return { area: a, x: dx.values[a.code], y: dy.values[a.code] }; });
      paint(x, y, dx, dy); table(areas, x, y, dx, dy);
      var words = M.lang() === "en" ? "{count} bodies; {missing} without one of the figures are not drawn. As of {days}." : "{count}団体。どちらかの数値がない{missing}団体は図にありません。時点: {days}。";
      document.getElementById("plot-count").textContent = words.replace("{count}", shown.length.toLocaleString()).replace("{missing}", (wanted.length - shown.length).toLocaleString()).replace("{days}", dx.day === dy.day ? dx.day : dx.day + " / " + dy.day);
      keep();
    }); }); });
  }
  function byCode(areas, key) {
    var data = window.mierukaData[key], values = {};
    areas.forEach(function (a, i) { if (data.values[i] !== null) values[a.code] = data.values[i]; });
    return { day: data.day, values: values };
  }
  function scale(key, values, range) {
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values), log = form.log.value.indexOf(key) >= 0;
    if (low === high) { low -= 1; high += 1; }
    var made = log ? (low > 0 ? d3.scaleLog() : d3.scaleSymlog()) : d3.scaleLinear();
    return made.domain([low, high]).nice().range(range);
  }
  function paint(x, y) {
    box.textContent = ""; at = -1; tip.textContent = "";
    if (!shown.length) return;
    var width = Math.max(320, Math.min(1100, box.clientWidth)), height = Math.max(320, Math.min(560, width * 0.62)), left = 64, bottom = 46;
    var sx = scale("x", shown.map(function (d) { return d.x; }), [left, width - 16]), sy = scale("y", shown.map(function (d) { return d.y; }), [height - bottom, 28]);
    scales = { x: sx, y: sy };
    var svg = d3.select(box).append("svg").attr("viewBox", "0 0 " + width + " " + height).attr("aria-hidden", "true");
    svg.append("g").attr("transform", "translate(0," + (height - bottom) + ")").call(d3.axisBottom(sx).ticks(width / 110, ",~f"));
    svg.append("g").attr("transform", "translate(" + left + ",0)").call(d3.axisLeft(sy).ticks(6, ",~f"));
    svg.append("text").attr("class", "label end").attr("x", width - 16).attr("y", height - 8).text(M.title(x) + " →");
    svg.append("text").attr("class", "label").attr("x", 4).attr("y", 12).text("↑ " + M.title(y));
    var order = shown.slice().sort(function (a, b) { return isChosen(a) - isChosen(b); });
    svg.append("g").attr("class", "dots").selectAll("circle").data(order).join("circle").attr("cx", function (d) { return sx(d.x); }).attr("cy", function (d) { return sy(d.y); })
      .attr("r", function (d) { return isChosen(d) ? 6 : shown.length > 300 ? 2.6 : 4; }).attr("class", function (d) { return isChosen(d) ? "chosen" : null; });
    svg.append("g").selectAll("text").data(order.filter(isChosen).slice(0, 20)).join("text").attr("class", "strong").attr("x", function (d) { return sx(d.x) + 8; }).attr("y", function (d) { return sy(d.y) - 6; }).text(function (d) { return d.area.name; });
    svg.append("circle").attr("class", "pointer").attr("r", 8).attr("fill", "none").attr("stroke", "currentColor").attr("stroke-width", 2).attr("visibility", "hidden");
    tree = d3.quadtree().x(function (d) { return sx(d.x); }).y(function (d) { return sy(d.y); }).addAll(shown);
    shown.sort(function (a, b) { return a.x - b.x || a.y - b.y; });
  }
  function isChosen(d) { return chosen.indexOf(d.area.code) >= 0; }
  function point(d) {
    var ring = box.querySelector(".pointer");
    if (!d || !ring) return;
    ring.setAttribute("cx", scales.x(d.x)); ring.setAttribute("cy", scales.y(d.y)); ring.setAttribute("visibility", "visible");
    tip.textContent = (d.area.pref === d.area.name ? "" : d.area.pref + " ") + d.area.name + ": " + M.title(items[form.x.value]) + " " + number(d.x, items[form.x.value]) + "、" + M.title(items[form.y.value]) + " " + number(d.y, items[form.y.value]);
    at = shown.indexOf(d);
  }
  function near(e) {
    var svg = box.querySelector("svg");
    if (!svg || !tree) return null;
    var p = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return tree.find(p.x, p.y, 30);
  }
  function toggle(code) { var i = chosen.indexOf(code); if (i >= 0) chosen.splice(i, 1); else chosen.push(code); draw(); }
  function table(areas, x, y, dx, dy) {
    var body = document.getElementById("chosen"), known = {};
    areas.forEach(function (a) { known[a.code] = a; });
    chosen = chosen.filter(function (c) { return known[c]; });
    document.getElementById("head-x").textContent = M.title(x); document.getElementById("head-y").textContent = M.title(y);
    document.getElementById("none-chosen").hidden = chosen.length > 0;
    body.textContent = "";
    chosen.forEach(function (code) {
      var a = known[code], row = body.insertRow(), link = document.createElement("a"), button = document.createElement("button");
      row.insertCell().textContent = code;
      link.href = "area/" + code + ".html"; link.textContent = (a.pref === a.name ? "" : a.pref + " ") + a.name; row.insertCell().appendChild(link);
      [[x, dx], [y, dy]].forEach(function (pair) {
        var cell = row.insertCell(), to; cell.className = "num";
        if (typeof pair[1].values[code] === "number") { to = document.createElement("a"); to.href = "area/" + code + ".html#" + pair[0].id; to.textContent = number(pair[1].values[code], pair[0]); cell.dataset.v = pair[1].values[code]; cell.appendChild(to); }
        else { to = blanks[pair[1].values[code]]; cell.textContent = to ? to[M.lang() === "en" ? 1 : 0] : M.lang() === "en" ? "no figure" : "数値なし"; }
      });
      button.type = "button"; button.className = "small"; button.textContent = M.lang() === "en" ? "Remove" : "外す"; button.setAttribute("aria-label", a.name + " " + button.textContent);
      button.addEventListener("click", function () { toggle(code); });
      var last = row.insertCell(); last.className = "no-print"; last.appendChild(button);
    });
  }
  box.addEventListener("pointermove", function (e) { point(near(e)); });
  box.addEventListener("click", function (e) { var d = near(e); if (d) { toggle(d.area.code); } });
  box.addEventListener("keydown", function (e) {
    if (!shown.length) return;
    var step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 50, PageUp: -50 }[e.key];
    if (step) { e.preventDefault(); point(shown[Math.max(0, Math.min(shown.length - 1, at + step))]); }
    else if (e.key === "Enter" && at >= 0) { e.preventDefault(); var keptAt = shown[at]; toggle(keptAt.area.code); setTimeout(function () { point(shown.find(function (d) { return d.area.code === keptAt.area.code; })); }); }
  });
  function read() {
    var asked = new URLSearchParams(location.hash.slice(1));
    ["x", "y"].forEach(function (k) { if (items[asked.get(k)]) form[k].value = asked.get(k); });
    ["who", "log"].forEach(function (k) { if (asked.get(k)) form[k].value = asked.get(k); });
    if (!form.who.value) form.who.value = "municipality";
    fill(asked.get("year"));
    chosen = (asked.get("a") || "").split(",").filter(function (c) { return /^\d{6}$/.test(c); });
    draw();
  }
  M.combobox(document.getElementById("add"), document.getElementById("add-found"), function (a) { document.getElementById("add").value = ""; if (chosen.indexOf(a.code) < 0) toggle(a.code); });
  form.addEventListener("change", function (e) { if (["x", "y", "who"].indexOf(e.target.name) >= 0) fill(form.year.value); if (e.target.id !== "add") draw(); });
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  addEventListener("hashchange", read);
  addEventListener("resize", function () { clearTimeout(read.later); read.later = setTimeout(draw, 200); });
  document.addEventListener("mieruka:language", draw);
  read();
})();
