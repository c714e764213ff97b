/* The values of a chart: of the mark nearest to the pointer, or of one mark after the other by the arrow keys. */
(function () {
  "use strict";
  var root = document.documentElement, kinds = { o: ["", ""], x: ["（判定に使わない）", " (enters no verdict)"], f: ["（見込み）", " (forecast)"], t: ["（目標）", " (target)"] };
  function said(mark) {
    var english = root.lang === "en" ? 1 : 0, value = mark[4];
    if (/^-?\d+(\.\d+)?$/.test(value)) value = value.replace(/^-?\d+/, function (whole) { return whole.replace(/\B(?=(\d{3})+$)/g, ","); });
    return mark[3] + ": " + value + kinds[mark[2]][english];
  }
  document.querySelectorAll("svg[data-points]").forEach(function (svg) {
    var marks = svg.dataset.points.split(";").map(function (text) { return text.split(","); });
    if (!svg.dataset.points) return;
    var box = document.createElement("div"), tip = document.createElement("output"), ring = document.createElementNS("http://www.w3.org/2000/svg", "circle"), at = -1;
    box.className = "plot"; box.tabIndex = 0; box.setAttribute("role", "group"); tip.className = "tip"; tip.hidden = true;
    function name() { box.setAttribute("aria-label", root.lang === "en" ? "Values of the chart: left and right arrow keys" : "図の値: 左右の矢印キー"); }
    name(); document.addEventListener("mieruka:language", name);
    ring.setAttribute("class", "ring"); ring.setAttribute("r", "7"); ring.setAttribute("visibility", "hidden"); svg.appendChild(ring);
    svg.parentNode.insertBefore(box, svg); box.appendChild(svg); box.appendChild(tip);
    function show(next) {
      at = Math.max(0, Math.min(marks.length - 1, next));
      var mark = marks[at], scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width, x = mark[0] * scale;
      ring.setAttribute("cx", mark[0]); ring.setAttribute("cy", mark[1]); ring.setAttribute("visibility", "visible");
      tip.hidden = false; tip.textContent = said(mark);
      tip.style.left = Math.max(0, Math.min(x - tip.offsetWidth / 2, box.clientWidth - tip.offsetWidth)) + "px";
      tip.style.top = Math.max(0, mark[1] * scale - tip.offsetHeight - 12) + "px";
    }
    function hide() { tip.hidden = true; ring.setAttribute("visibility", "hidden"); }
    svg.addEventListener("pointermove", function (e) {
      var place = svg.getBoundingClientRect(), scale = place.width / svg.viewBox.baseVal.width, x = (e.clientX - place.left) / scale, y = (e.clientY - place.top) / scale, best = 0, least = Infinity;
      marks.forEach(function (mark, i) { var far = Math.pow(mark[0] - x, 2) + Math.pow(mark[1] - y, 2) / 9; if (far < least) { least = far; best = i; } });
      show(best);
    });
    svg.addEventListener("pointerleave", function () { if (document.activeElement !== box) hide(); });
    box.addEventListener("focus", function () { if (box.matches(":focus-visible")) show(at < 0 ? marks.length - 1 : at); });
    box.addEventListener("blur", hide);
    box.addEventListener("keydown", function (e) {
      var step = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: marks.length - 1 }[e.key];
      if (step !== undefined) { e.preventDefault(); show(step); } else if (e.key === "Escape") hide();
    });
  });
})();
