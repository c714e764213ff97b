/* The tile map of another item or year; what is shown stays in the address. */
(function () {
  "use strict";
  var M = window.mieruka, form = document.getElementById("choice"), items = {};
  if (!form) return;
  function text(value, decimals) { return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }); }
  // On a tile large numbers are cut to the digits that fit; the table below has them whole.
  function short(value, decimals) {
    var size = Math.abs(value), units = M.lang() === "en" ? [[1e9, "B"], [1e6, "M"]] : [[1e8, "億"], [1e4, "万"]];
    if (size < 1e5) return text(value, decimals);
    var unit = units.filter(function (u) { return size >= u[0]; })[0] || [1e3, "K"], cut = value / unit[0];
    return text(cut, Math.abs(cut) < 100 ? 1 : 0) + unit[1];
  }
  function years(wanted) {
    var item = items[form.item.value];
    form.year.textContent = "";
    item.prefectures.slice().reverse().forEach(function (y) { var o = document.createElement("option"); o.textContent = y; form.year.appendChild(o); });
    if (wanted && item.prefectures.indexOf(+wanted) >= 0) form.year.value = wanted;
  }
  function draw() {
    var item = items[form.item.value], key = item.id + "/" + form.year.value;
    M.load("data/item/" + key + ".js", function () { M.withAreas(function (areas) {
      var data = { day: window.mierukaData[key].day, values: {} }, tiles = document.querySelectorAll("#tiles a"), ranked = [], names = {};
      areas.forEach(function (a, i) { var v = window.mierukaData[key].values[i]; names[a.code] = a.name; if (typeof v === "number") data.values[a.code] = v; });
      tiles.forEach(function (t) { if (t.dataset.code in data.values) ranked.push(t); });
      ranked.sort(function (a, b) { return data.values[a.dataset.code] - data.values[b.dataset.code]; });
      var place = new Map(ranked.map(function (t, i) { return [t, Math.floor(i * 5 / ranked.length)]; }));
      tiles.forEach(function (t) {
        var value = data.values[t.dataset.code], has = value !== undefined;
        t.className = has ? "q" + place.get(t) : "none";
        t.querySelector(".v").textContent = has ? short(value, item.decimals) : "–";
      });
      document.getElementById("map-what").textContent = M.title(item) + " " + data.day;
        var body = document.getElementById("map-rows"); body.textContent = "";
        ranked.slice().reverse().concat([].filter.call(tiles, function (t) { return !place.has(t); })).forEach(function (t) {
          var code = t.dataset.code, row = body.insertRow(), link = document.createElement("a"), cell;
          row.insertCell().textContent = code;
          link.href = "area/" + code + ".html#" + item.id; link.textContent = names[code]; row.insertCell().appendChild(link);
          cell = row.insertCell(); cell.className = "num";
          if (code in data.values) { cell.dataset.v = data.values[code]; cell.textContent = text(data.values[code], item.decimals); } else cell.textContent = M.lang() === "en" ? "no figure" : "数値なし";
        });
      history.replaceState(null, "", "#item=" + item.id + "&year=" + form.year.value);
    }); });
  }
  M.load("data/items.js", function () {
    items = M.items();
    var asked = new URLSearchParams(location.hash.slice(1)), item = asked.get("item");
    if (item && items[item] && items[item].prefectures.length) form.item.value = item;
    years(asked.get("year"));
    if (asked.get("item")) draw();
    form.item.addEventListener("change", function () { years(form.year.value); draw(); });
    form.year.addEventListener("change", draw);
    document.addEventListener("mieruka:language", draw);
  });
})();
