// What only a browser can tell of the pages: node check.js SITE MODULES CHROMIUM PAGE… prints JSON, a record a page.
"use strict";
const path = require("path"), { pathToFileURL } = require("url"), fs = require("fs");
const [site, modules, executablePath, ...pages] = process.argv.slice(2);
const { chromium } = require(path.join(modules, "playwright-core"));
const axe = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const VIEWS = [
  { name: "wide", viewport: { width: 1280, height: 900 } },
  { name: "narrow", viewport: { width: 375, height: 740 } },
  { name: "dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
];

async function look(browser, page, view) {
  const context = await browser.newContext(view);
  const tab = await context.newPage(), found = { page, view: view.name, errors: [], outside: [], bytes: 0 };
  tab.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") found.errors.push(m.text()); });
  tab.on("pageerror", (e) => found.errors.push(String(e)));
  tab.on("request", (r) => {
    const url = new URL(r.url());
    if (url.protocol === "file:") found.bytes += fs.statSync(decodeURIComponent(url.pathname)).size;
    else if (url.protocol !== "data:") found.outside.push(r.url());
  });
  await tab.goto(pathToFileURL(path.join(site, page.split("#")[0])).href + (page.includes("#") ? "#" + page.split("#")[1] : ""));
  await tab.waitForTimeout(400);
  found.overflow = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await tab.evaluate(axe);
  const result = await tab.evaluate(() => window.axe.run(document, { preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  found.violations = result.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " :: " + (n.any[0] ? n.any[0].message : "")) }));
  await context.close();
  return found;
}

// The acts of a reader: search by kana, language, an earlier day, the comparison by keyboard, the citation.
async function use(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const tab = await context.newPage(), address = (page) => pathToFileURL(path.join(site, page)).href, done = {};
  tab.on("pageerror", (e) => { done.error = String(e); });
  await tab.goto(address("index.html"));
  const first = await tab.evaluate(() => window.mierukaAreas === undefined);
  done.lazy = first;
  await tab.click("[data-do=language].ja");
  done.english = await tab.evaluate(() => document.documentElement.lang + " " + document.querySelector("h1").innerText);
  await tab.click("[data-do=language].en");
  await tab.fill("[name=day]", "2018-01-15");
  await tab.waitForFunction(() => !document.getElementById("as-of").hidden && window.mierukaHistory);
  done.earlier = await tab.evaluate(() => location.hash + " " + document.querySelectorAll(".kpi .measure .status").length);
  await tab.selectOption("[name=initiative]", { index: 1 });
  done.filtered = await tab.evaluate(() => document.querySelectorAll(".kpi:not([hidden])").length + "/" + document.querySelectorAll(".kpi").length);
  await tab.fill("[name=day]", "1990-01-01");
  done.first = await tab.evaluate(() => [document.querySelector("[name=day]").min, location.hash]);
  await tab.evaluate(() => { location.hash = "#status=missed"; });
  await tab.waitForTimeout(200);
  done.followed = await tab.evaluate(() => [...document.querySelectorAll(".kpi:not([hidden])")].map((e) => e.dataset.status));
  await tab.fill("#find", "ZZZ");
  await tab.waitForSelector("#found:not([hidden])");
  done.unknown = await tab.evaluate(() => document.getElementById("found").innerText);
  const code = await tab.evaluate(() => new Promise((ok) => window.mieruka.withKana((areas) => ok(areas.filter((a) => a.type !== "prefecture" && a.kana).slice(-1)[0]))));
  await tab.fill("#find", code.kana);
  await tab.waitForSelector("#found [role=option]");
  done.option = await tab.evaluate(() => document.querySelector("#found [role=option]").innerText);
  await tab.press("#find", "ArrowDown");
  await tab.press("#find", "Enter");
  await tab.waitForURL(/area\/\d{6}\.html/);
  done.found = (await tab.url()).split("/").pop();
  const summary = await tab.$("details[data-long] summary");
  if (summary) {
    await summary.click();
    await tab.click("details[open] [data-do=cite]");
    done.citation = await tab.evaluate(() => document.getElementById("cite-text").value);
    await tab.keyboard.press("Escape");
    done.csv = await tab.evaluate(() => window.mieruka.csvOf(document.querySelector("table[data-name]")).split("\r\n").slice(0, 3));
  }
  await tab.goto(address("compare.html"));
  await tab.waitForTimeout(600);
  done.tip = await tab.evaluate(() => getComputedStyle(document.getElementById("plot-tip")).position);
  if (await tab.$("#plot circle")) {
    await tab.focus("#plot");
    await tab.keyboard.press("ArrowRight");
    await tab.keyboard.press("Enter");
    await tab.waitForTimeout(300);
    done.chosen = await tab.evaluate(() => location.hash + " rows " + document.querySelectorAll("#chosen tr").length);
  }
  await context.close();
  return done;
}

// The Data Docs with the network off: the list of results, a result, the suites; and the values of a chart by keyboard.
async function offline(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, offline: true });
  const tab = await context.newPage(), done = { errors: [], outside: [] };
  tab.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") done.errors.push(m.text()); });
  tab.on("pageerror", (e) => done.errors.push(String(e)));
  tab.on("requestfailed", (r) => { if (r.failure().errorText !== "net::ERR_ABORTED") done.errors.push(r.url()); });
  tab.on("request", (r) => { if (!/^(file|data):/.test(r.url())) done.outside.push(r.url()); });
  const rows = () => tab.evaluate(() => Array.from(document.querySelectorAll("table tbody tr")).filter((row) => row.offsetParent).map((row) => row.innerText.trim()).filter(Boolean));
  await tab.goto(pathToFileURL(path.join(site, "quality.html")).href);
  await tab.click("a[href='data-docs/index.html']");
  await tab.waitForTimeout(500);
  done.results = await rows();
  await tab.click("table tbody tr td");
  await tab.waitForTimeout(500);
  done.expectations = await rows();
  await tab.goBack();
  await tab.click("text=Expectation Suites");
  await tab.waitForTimeout(500);
  done.suites = await rows();
  await tab.click("table tbody tr:visible td:visible");
  await tab.waitForTimeout(500);
  done.suite = await tab.evaluate(() => document.body.innerText);
  await tab.goto(pathToFileURL(path.join(site, "kpi/cloud_municipalities.html")).href);
  await tab.focus(".plot");
  await tab.keyboard.press("Home");
  done.first = await tab.evaluate(() => document.querySelector(".plot .tip").textContent);
  await tab.keyboard.press("ArrowRight");
  done.second = await tab.evaluate(() => document.querySelector(".plot .tip").textContent);
  await tab.hover(".plot svg");
  done.hovered = await tab.evaluate(() => document.querySelector(".plot .tip:not([hidden])") !== null);
  await context.close();
  return done;
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const looked = [];
  for (const page of pages) for (const view of VIEWS) looked.push(await look(browser, page, view));
  const used = await use(browser);
  const alone = await offline(browser);
  await browser.close();
  console.log(JSON.stringify({ looked, used, alone }));
})();
